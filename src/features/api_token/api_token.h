// features/api_token/api_token.h
//
// What an API token is, when it is over, and what memory holds of it. Pure: no clock, no storage.
//
//   made ──▶ live ──▶ expired            (by time; the row stays a while, so that its owner sees
//   it)
//             │ ▲
//     restore ▼ │ confirm
//           suspended ──▶ revoked        (by its owner, its holder, or with the account: no row)
#pragma once

#include "core/clock.h"
#include "core/id.h"
#include "core/ip_address.h"
#include "core/permission.h"
#include "core/token_use.h"
#include "features/credential_cache/credential_cache_service.h"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::api_token {

/// Stored: never renumber.
enum class Kind : std::uint8_t { ReadOnly = 1, Deploy = 2, Admin = 3, Custom = 4 };
/// "read-only", "deploy", "admin", "custom": as the API says it.
std::string_view kind_text(Kind kind);
std::optional<Kind> kind_from_text(std::string_view text);

enum class State : std::uint8_t { Active, Suspended, Expired };

struct ApiToken {
    TokenId id;
    AccountId account;
    std::string name;
    Kind kind = Kind::Custom;
    PermissionSet permissions;      // as stored: see PermissionService::effective()
    std::vector<IpRange> addresses; // empty: from anywhere
    Instant created_at{};
    std::optional<SessionId> created_in;
    std::optional<Instant> expires_at;
    std::optional<Instant> suspended_at;

    State state(Instant now) const
    {
        if (expires_at && now >= *expires_at) {
            return State::Expired;
        }
        return suspended_at ? State::Suspended : State::Active;
    }
};

/// "10.0.0.0/8,2001:db8::1": how a list of addresses is stored.
std::string stored_ranges(const std::vector<IpRange>& ranges);
std::vector<IpRange> ranges_from_stored(std::string_view text);

/// Whole days since 1970-01-01, UTC.
std::int64_t day_of(Instant instant);

/// Uses of one day, by TokenUse.
struct DayUses {
    std::int64_t day = 0;
    std::array<std::uint64_t, kTokenUses> uses{};
};

/// What memory holds of one secret of a token.
struct CachedToken {
    struct Use {
        Instant at;
        IpAddress from;
        TokenUse kind;
    };
    struct Activity {
        TokenId token;
        std::optional<Instant> last_used_at; // nothing: refused uses alone
        IpAddress from;
        std::array<DayUses, 2> days{}; // a day more than any writing behind waits
    };

    TokenId token;
    AccountId account;
    PermissionSet permissions; // what it may do now
    std::vector<IpRange> addresses;
    std::int64_t issued_at_us = 0;
    std::int64_t expires_at_us = std::numeric_limits<std::int64_t>::max();
    std::string email; // the owner's, for the product's headers
    Activity noted{};

    bool is_over(Instant now) const { return to_micros(now) >= expires_at_us; }
    bool may_come_from(const IpAddress& address) const;
    bool note(const Use& use);
    Activity take_activity();
};

using TokenCache = credential_cache::CredentialCache<CachedToken>;

} // namespace keystead::api_token
