// features/api_token/api_token_usage_service.h
//
// How tokens are used: gathered in memory at each check, written behind at most 30 s late, kept for
// 90 days by day and kind of use.
#pragma once

#include "core/clock.h"
#include "core/settings.h"
#include "features/api_token/api_token_service.h"
#include "features/api_token/api_token_store.h"
#include "features/place/place_service.h"
#include "storage/database.h"

#include <array>
#include <cstdint>
#include <map>
#include <vector>

namespace keystead::api_token {

inline constexpr int kDaysKept = 90;

/// The last 90 days of one token, oldest first; the last is today.
struct Usage {
    std::int64_t first_day = 0;
    std::array<std::array<std::int64_t, kTokenUses>, kDaysKept> days{};
};

class ApiTokenUsageService {
public:
    ApiTokenUsageService(ApiTokenStore& store, ApiTokenService& tokens,
                         const place::PlaceService& places, const Clock& clock,
                         const ApiTokenSettings& settings)
        : store_(store), tokens_(tokens), places_(places), clock_(clock), settings_(settings)
    {
    }

    /// Of every token of the account that was used.
    Result<std::map<TokenId, Usage>> usage(ReadTx& tx, AccountId account);
    Usage unused_yet() const;
    /// Nobody has used it for so long that it may not be needed.
    bool is_unused(const Listed& listed) const;

    /// A job, at most every 30 s, and once when the server stops.
    Result<void> write_uses(Database& db);
    /// Forgets days that are too old and uses of tokens that are gone. A job.
    Result<void> sweep(Database& db, Instant now);

private:
    LastUse last_use(const CachedToken::Activity& activity) const;

    ApiTokenStore& store_;
    ApiTokenService& tokens_;
    const place::PlaceService& places_;
    const Clock& clock_;
    const ApiTokenSettings& settings_;
};

} // namespace keystead::api_token
