#include "features/audit_retention/audit_retention_service.h"

#include <algorithm>
#include <utility>

namespace keystead::audit_retention {

Result<RetentionClock> AuditRetentionService::believe()
{
    const auto since_boot = clock_.since_boot();
    const auto elapsed = last_ ? std::max(since_boot - *last_, std::chrono::microseconds{0})
                               : std::chrono::microseconds{0};
    const Instant now = clock_.now();
    KS_TRY(const RetentionClock clock,
           database_.upkeep([&](UpkeepTx& tx) -> Result<RetentionClock> {
               KS_TRY(const auto stored, store_.find(tx));
               const RetentionClock moved =
                   advance(stored.value_or(RetentionClock{.believed = now}), now, elapsed);
               KS_CHECK(store_.put(tx, moved));
               return moved;
           }));
    last_ = since_boot;
    return clock;
}

Result<std::uint64_t> AuditRetentionService::remove_batch(Instant keeps_from)
{
    const Actor system{.kind = ActorKind::System};
    return database_.write([&](WriteTx& tx) -> Result<std::uint64_t> {
        KS_TRY(const std::uint64_t first, reader_.first_leaf(tx));
        KS_TRY(auto events, reader_.list_range(tx, first, kBatchEvents));
        const auto kept = std::ranges::find_if(
            events, [&](const audit::LogEvent& event) { return event.event.at >= keeps_from; });
        events.erase(kept, events.end());
        if (events.empty()) {
            return std::uint64_t{0};
        }
        KS_CHECK(index_.forget(tx, events));
        KS_CHECK(audit_.drop_events_before(tx, system, events.back().leaf + 1));
        return static_cast<std::uint64_t>(events.size());
    });
}

Result<RetentionReport> AuditRetentionService::run_once()
{
    const std::lock_guard lock(mutex_);
    RetentionReport report;
    KS_TRY(report.clock, believe());
    report.keeps_from = report.clock.believed - retention_;
    for (int batch = 0; batch < kBatchesMax; ++batch) {
        KS_TRY(const std::uint64_t removed, remove_batch(report.keeps_from));
        report.removed += removed;
        if (removed == 0) {
            break;
        }
    }
    KS_TRY(report.first_leaf, database_.read([&](ReadTx& tx) { return reader_.first_leaf(tx); }));
    return report;
}

} // namespace keystead::audit_retention
