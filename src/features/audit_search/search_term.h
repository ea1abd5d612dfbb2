// features/audit_search/search_term.h
//
// What the log is searched by, and the terms that stand for it in the index. Pure. A filter is
// always held against the event itself too: the index only says where to look, so that two things
// whose terms are equal by chance cost time and never a wrong answer.
//
// Text is searched by whole words of what is nobody's own: the action, the kind of target and the
// plain facts. Personal values have no words here; an address is found by its keyed hash.
#pragma once

#include "core/clock.h"
#include "core/id.h"
#include "features/audit/audit_reader_service.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::audit_search {

struct ActorFilter {
    ActorKind kind = ActorKind::Nobody;
    IdBytes id = {}; // zero for kinds without one
    bool operator==(const ActorFilter&) const = default;
};

/// What is set has to hold, all of it at once.
struct Filter {
    std::optional<ActorFilter> actor;
    std::optional<AccountId> account; // whom the event concerns
    std::string action;
    std::string target; // the target's id
    std::optional<Digest> ip;
    std::optional<audit::Outcome> outcome;
    std::optional<Instant> from;
    std::optional<Instant> before;
    std::vector<std::string> words; // as words_of() makes them

    bool has_time() const { return from || before; }
};

/// "acc_…", "cli_…", "nobody", "operator" or "system"; nothing for anything else.
std::optional<ActorFilter> parse_actor(std::string_view text);

/// Runs of ASCII letters (as small ones), digits and bytes beyond ASCII; each word once, at most
/// 64 bytes of it.
std::vector<std::string> words_of(std::string_view text);

using Term = std::int64_t;
/// Of an event, each once; of addresses those that were not erased.
std::vector<Term> terms_of(const audit::LogEvent& event);
Term term_of_ip(const Digest& digest);
/// Of a filter; its times have none.
std::vector<Term> terms_of(const Filter& filter);

bool matches(const Filter& filter, const audit::LogEvent& event);

} // namespace keystead::audit_search
