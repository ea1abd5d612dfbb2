#include "features/api_token/api_token_usage_service.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace keystead::api_token {

Usage ApiTokenUsageService::unused_yet() const
{
    Usage usage;
    usage.first_day = day_of(clock_.now()) - (kDaysKept - 1);
    return usage;
}

Result<std::map<TokenId, Usage>> ApiTokenUsageService::usage(ReadTx& tx, AccountId account)
{
    const Usage none = unused_yet();
    KS_TRY(const auto counted, store_.list_days(tx, account, none.first_day));
    std::map<TokenId, Usage> by_token;
    for (const Counted& each : counted) {
        const std::int64_t index = each.day - none.first_day;
        if (index >= kDaysKept || std::to_underlying(each.kind) >= kTokenUses) {
            continue; // The clock went back since it was counted.
        }
        Usage& usage = by_token.try_emplace(each.token, none).first->second;
        usage.days[static_cast<std::size_t>(index)][std::to_underlying(each.kind)] += each.uses;
    }
    return by_token;
}

bool ApiTokenUsageService::is_unused(const Listed& listed) const
{
    const Instant now = clock_.now();
    const Instant since = listed.last_use ? listed.last_use->at : listed.token.created_at;
    return listed.token.state(now) == State::Active && now - since > settings_.unused_after;
}

LastUse ApiTokenUsageService::last_use(const CachedToken::Activity& activity) const
{
    const auto place = places_.find(activity.from);
    return {.at = *activity.last_used_at,
            .ip = activity.from.text(),
            .place_kind = std::to_underlying(place.kind),
            .country_code = place.country_code,
            .city = place.city};
}

Result<void> ApiTokenUsageService::write_uses(Database& db)
{
    const auto activity = tokens_.cache().take_activity();
    constexpr std::size_t kBatch = 500;
    for (std::size_t begin = 0; begin < activity.size(); begin += kBatch) {
        const auto end = std::min(begin + kBatch, activity.size());
        std::vector<std::optional<LastUse>> last_uses; // Looked up outside the transaction.
        for (std::size_t i = begin; i < end; ++i) {
            last_uses.push_back(activity[i].last_used_at ? std::optional(last_use(activity[i]))
                                                         : std::nullopt);
        }
        KS_CHECK(db.upkeep([&](UpkeepTx& tx) -> Result<void> {
            for (std::size_t i = begin; i < end; ++i) {
                const auto& each = activity[i];
                if (const auto& use = last_uses[i - begin]) {
                    KS_CHECK(store_.record_use(tx, each.token, *use));
                }
                for (const DayUses& day : each.days) {
                    for (std::size_t kind = 0; kind < day.uses.size(); ++kind) {
                        if (day.uses[kind] > 0) {
                            KS_CHECK(store_.add_uses(
                                tx, {each.token, day.day, static_cast<TokenUse>(kind),
                                     static_cast<std::int64_t>(day.uses[kind])}));
                        }
                    }
                }
            }
            return {};
        }));
    }
    return {};
}

Result<void> ApiTokenUsageService::sweep(Database& db, Instant now)
{
    return db.upkeep(
        [&](UpkeepTx& tx) { return store_.sweep_uses(tx, day_of(now) - (kDaysKept - 1)); });
}

} // namespace keystead::api_token
