// agent/heard.h
//
// What Keystead said last, by this machine's own count of time, in the folder that a boot empties.
// The statement on the disk carries times of a calendar that can be set back, and may lie there
// though a newer one was heard (a full disk, a back-up played back): it is served only while it is
// what was heard last, and for no longer than that may be served. After a boot nothing was heard,
// and the calendar alone says.
#pragma once

#include "agent/folder.h"
#include "agent/statement.h"
#include "core/clock.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace keystead::agent {

inline constexpr const char* kHeardFile = "heard";

struct Heard {
    std::string boot; // as boot_id() names it
    Digest content{};
    Instant issued;
    std::chrono::microseconds at{0}; // since boot
};
std::string heard_text(const Heard& heard);
std::optional<Heard> parse_heard(std::string_view text);

/// Nothing when nothing was heard since this boot.
std::optional<Heard> read_heard(const Folder& run, std::string_view boot);

/// Until when, since boot, an answer may be served that was heard at `at`.
std::chrono::microseconds over_at(const Statement& statement, std::chrono::microseconds at);

/// Until when, since boot, what lies on the disk may be served; nothing: not at all. `heard` is of
/// this boot, or nothing.
std::optional<std::chrono::microseconds> kept_over_at(const Statement& kept,
                                                      const std::optional<Heard>& heard,
                                                      const Clock& clock);

} // namespace keystead::agent
