#include "features/attempt_budget/attempt_budget_service.h"

#include "crypto/hash.h"

#include <algorithm>
#include <string>
#include <utility>

namespace keystead::attempt_budget {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr seconds kOnlyResetHelps = std::chrono::hours{1};

seconds wait_of(const Spent& spent, const Limits& limits, Instant now)
{
    if (limits.consecutive_max > 0 && spent.failures >= limits.consecutive_max) {
        return kOnlyResetHelps;
    }
    microseconds wait =
        spent.delay.count() > 0 ? spent.charged_at + spent.delay - now : microseconds{0};
    if (limits.in_window > 0 && spent.window_count >= limits.in_window) {
        wait = std::max(wait, spent.window_started + limits.window - now);
    }
    return std::max(std::chrono::ceil<seconds>(wait), seconds{1});
}

/// The address, or its /64: four bytes or sixteen, so that the two kinds never meet.
ByteView prefix_bytes(const IpAddress& prefix)
{
    return std::as_bytes(std::span(prefix.bytes()).first(prefix.is_v4() ? 4 : 16));
}

} // namespace

Digest AttemptBudgetService::key_of(Scope scope, ByteView identifier) const
{
    Bytes input{static_cast<std::byte>(std::to_underlying(scope))};
    input.insert(input.end(), identifier.begin(), identifier.end());
    return crypto::hmac_sha256(keys_.key(crypto::KeyPurpose::BudgetKey), input);
}

Result<Verdict> AttemptBudgetService::charge(WriteTx& tx, Scope scope, ByteView identifier,
                                             Instant now)
{
    const Digest key = key_of(scope, identifier);
    const Limits limits = limits_of(scope);
    KS_TRY(const bool allowed, store_.charge(tx, key, limits, now));
    if (allowed) {
        return Verdict{.kind = Verdict::Kind::Allowed};
    }
    KS_TRY(const Spent spent, store_.settle_spent(tx, key, now));
#ifndef KEYSTEAD_WITHOUT_ATTEMPT_BUDGET
    return Verdict{.kind = Verdict::Kind::Spent, .retry_after = wait_of(spent, limits, now)};
#else
    return Verdict{.kind = Verdict::Kind::Allowed, .retry_after = wait_of(spent, limits, now)};
#endif
}

Result<Verdict> AttemptBudgetService::charge_source(WriteTx& tx, const IpAddress& address,
                                                    Instant now)
{
    const IpAddress prefix = address.source_prefix();
    return charge(tx, Scope::Source, prefix_bytes(prefix), now);
}

Result<std::int64_t> AttemptBudgetService::failures(ReadTx& tx, Scope scope, ByteView identifier)
{
    return store_.count_failures(tx, key_of(scope, identifier));
}

Result<void> AttemptBudgetService::refund(WriteTx& tx, Scope scope, ByteView identifier)
{
    return store_.refund(tx, key_of(scope, identifier));
}

Result<void> AttemptBudgetService::refund_source(WriteTx& tx, const IpAddress& address)
{
    const IpAddress prefix = address.source_prefix();
    return refund(tx, Scope::Source, prefix_bytes(prefix));
}

Result<void> AttemptBudgetService::clear(WriteTx& tx, Scope scope, ByteView identifier)
{
    // Whoever owns one account could otherwise sign in to it between guesses at others.
    KS_ASSERT(scope != Scope::Source);
    return store_.clear(tx, key_of(scope, identifier));
}

Result<void> AttemptBudgetSweep::run_once(Instant now)
{
    return database_.write([&](WriteTx& tx) -> Result<void> {
        AttemptBudgetStore store;
        KS_TRY(const int rebased, store.rebase(tx, now));
        KS_TRY(const int swept, store.sweep(tx, now));
        if (rebased == 0 && swept == 0) {
            return {};
        }
        const Actor system{.kind = ActorKind::System};
        return audit_.append(tx, {.actor = system,
                                  .action = "attempt_budget.sweep",
                                  .details = {{"rows", std::to_string(swept)},
                                              {"rebased", std::to_string(rebased)}}});
    });
}

} // namespace keystead::attempt_budget
