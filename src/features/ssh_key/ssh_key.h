// features/ssh_key/ssh_key.h
//
// What a key of an account is, when it is over, and why it was revoked. Pure: no clock, no storage.
//
//   added ──▶ active ──rotate──▶ ending ──▶ revoked     (by time, or sooner by its owner)
//              │  ▲
//      restore ▼  │ confirm
//           suspended ──▶ revoked                       (from any state, with a reason)
#pragma once

#include "core/clock.h"
#include "core/id.h"
#include "features/ssh_key/ssh_public_key.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keystead::ssh_key {

struct SshKeyTag {
    static constexpr std::string_view kPrefix = "ssh_";
};
using SshKeyId = Id<SshKeyTag>;

/// The longest time for which a key and the one that replaces it are both valid.
inline constexpr std::chrono::seconds kOverlapMax = std::chrono::days(30);

enum class State : std::uint8_t { Active, Ending, Suspended };
/// "active", "ending", "suspended".
std::string_view state_text(State state);

/// Stored: never renumber.
enum class Reason : std::uint8_t {
    Unneeded = 1,
    Rotated = 2,
    Lost = 3,
    Compromised = 4, // its owner says so: this account alone
    Proven = 5,      // the key itself said so: every account
    NotMe = 6,       // added in a session that was somebody else's
};
/// "unneeded", "rotated", "lost", "compromised", "proven-compromised", "not-me".
std::string_view reason_text(Reason reason);
/// What an owner can choose: the first four.
std::optional<Reason> reason_from_text(std::string_view text);

struct SshKey {
    SshKeyId id;
    AccountId account;
    std::string name;
    PublicKey key;
    Instant created_at{};
    std::optional<SessionId> created_in;
    std::optional<SshKeyId> replaced_by;
    std::optional<Instant> ends_at;
    std::optional<Instant> suspended_at;
    std::optional<Instant> last_used_at; // as servers report it

    bool is_over(Instant now) const { return ends_at && now >= *ends_at; }
    State state() const
    {
        if (suspended_at) {
            return State::Suspended;
        }
        return ends_at ? State::Ending : State::Active;
    }
};

} // namespace keystead::ssh_key
