// features/host/host.h
//
// What a server is here: a machine to which the SSH keys of an account open some login users. Pure:
// no clock, no storage.
//
//   registered ──▶ waiting ──enroll──▶ enrolled ⇄ silent        (silent: not heard of for a minute)
//                     ▲                   │
//                     └──new enrolment────┘   restore: suspended until its owner confirms it
//   any ──remove──▶ gone, with its token and its keys
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/id.h"
#include "features/ssh_key/ssh_key_service.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::host {

using ssh_key::SshKeyId;

struct HostLoginTag {
    static constexpr std::string_view kPrefix = "lgn_";
};
using HostLoginId = Id<HostLoginTag>;

inline constexpr std::size_t kLoginUsersMax = 16;
inline constexpr std::size_t kLoginUserBytesMax = 32; // as useradd(8) has it
inline constexpr std::size_t kChosenKeysMax = 100;
inline constexpr std::chrono::seconds kSilentAfter{60};
inline constexpr std::chrono::seconds kPollEvery{2};
/// By how much the store may not know yet when a server was last told something.
inline constexpr std::chrono::seconds kSeenBehindMax{30};

/// Stored: never renumber.
enum class CreatedBy : std::uint8_t { Owner = 1, Product = 2 };
/// "owner", "product".
std::string_view created_by_text(CreatedBy by);

/// Stored: never renumber.
enum class KeyChoice : std::uint8_t { All = 0, Chosen = 1 };

enum class State : std::uint8_t { Waiting, Enrolled, Silent, Suspended };
/// "waiting", "enrolled", "silent", "suspended".
std::string_view state_text(State state);

struct Host {
    HostId id;
    AccountId account;
    std::string name;
    std::vector<std::string> login_users;
    KeyChoice keys = KeyChoice::All;
    Instant created_at{};
    CreatedBy created_by = CreatedBy::Owner;
    std::optional<Instant> enrolment_ends_at;
    std::optional<Instant> enrolled_at;
    std::optional<std::string> agent_version;
    std::optional<std::string> machine_name;
    std::optional<Instant> suspended_at;
    std::optional<Instant> seen_at;
    std::optional<Instant> confirmed_at;
    std::optional<Digest> token; // of the server; nothing: it has none

    State state(Instant now) const;
    /// As far as the server chooses its keys; `chosen` is in order.
    bool is_opened_by(SshKeyId key, const std::vector<SshKeyId>& chosen) const;
};

/// In the place of a key where a login user was removed from a server, and no key of it was.
inline constexpr SshKeyId kNoKey{};
/// In the place of a fingerprint there.
Digest user_digest(std::string_view login_user);

/// A name of POSIX's portable character set that does not begin with a hyphen (XBD 3.437).
bool is_login_user(std::string_view name);
/// In the order in which they first come.
std::vector<std::string> each_once(std::vector<std::string> users);
/// As it is stored: with spaces between, which no name has.
std::string join_users(const std::vector<std::string>& users);
std::vector<std::string> split_users(std::string_view text);

/// Stored: never renumber.
enum class EndedBy : std::uint8_t { Itself = 1, Removal = 2, HostGone = 3 };

/// One login to a server, as the server told it.
struct Login {
    HostLoginId id;
    HostId host;
    std::string login_id;  // the server's own word for it
    std::string host_name; // as it was then
    AccountId account;
    std::optional<SshKeyId> key; // nothing: none that its owner has or had there
    std::string fingerprint;
    std::string login_user;
    std::string address;
    Instant began_at{};
    std::optional<Instant> ended_at;
    std::optional<EndedBy> ended_by;
};

/// What a key's removal came to on one server.
struct Removal {
    HostId host;
    SshKeyId key;
    std::string host_name;
    Instant removed_at{};
    std::optional<Instant> confirmed_at;
    std::optional<Instant> seen_at;
    std::optional<Digest> token;          // of the server
    std::optional<Instant> cache_ends_at; // when what it was last told ends
};

} // namespace keystead::host
