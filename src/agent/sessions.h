// agent/sessions.h
//
// The SSH sessions that were opened with keys of Keystead on this machine: known until their end
// was told. One thread's. A session lives as long as the sshd that opened it; a key that was only
// offered opens none.
#pragma once

#include "agent/processes.h"
#include "agent/statement.h"
#include "core/clock.h"
#include "core/result.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::agent {

inline constexpr std::size_t kSessionsMax = 10'000;
inline constexpr std::size_t kReportedMax = 100; // of each list, at once

struct SessionEvent {
    enum class Kind : std::uint8_t { Opened, Closed };
    Kind kind = Kind::Opened;
    Process sshd;
    Instant at;
    // Of one that opened:
    std::string login_user;
    Digest fingerprint{};
    std::string address;
};

struct Session {
    enum class End : std::uint8_t { None, Asked, Killed }; // what was done to end it
    std::string id;
    std::string login_user;
    Digest fingerprint{};
    std::string address;
    Instant began_at;
    Process sshd;
    End end = End::None;
    bool is_told = false; // its begin
    std::optional<Instant> ended_at;
};

/// This boot of the machine: another one's numbers of processes mean others.
struct Boot {
    std::string id; // as boot_id() names it
    Instant began;
};
std::string sessions_text(const std::vector<Session>& sessions, const Boot& boot);
/// What cannot be read is left out: a session that is not known is one that is not shown. Those of
/// another boot are over.
std::vector<Session> parse_sessions(std::string_view text, const Boot& boot);

struct SessionReport {
    std::vector<std::string> begun; // ids
    std::vector<std::string> ended;
    bool is_empty() const { return begun.empty() && ended.empty(); }
};

class Sessions {
public:
    explicit Sessions(std::vector<Session> known) : sessions_(std::move(known)) {}
    const std::vector<Session>& all() const { return sessions_; }

    /// Opened with a key that `content`, or the one before it, has for that user, or with one that
    /// is refused: sshd may have taken it just before. Else it is not ours to tell.
    void take(const SessionEvent& event, const Content& content, const Content& before,
              std::string id);
    /// Notes what is over without having said so.
    void look(Instant now);
    /// Ends what was opened with keys that `content` no longer has. How many were asked to.
    std::size_t end_removed(const Content& content);

    SessionReport to_report() const;
    /// The body of `POST hosts/self/reports`.
    std::string report_json(const SessionReport& report, std::optional<Digest> applied) const;
    void told(const SessionReport& report);

private:
    std::vector<Session> sessions_;
};

} // namespace keystead::agent
