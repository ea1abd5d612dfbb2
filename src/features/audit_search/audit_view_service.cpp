#include "features/audit_search/audit_view_service.h"

namespace keystead::audit_search {

bool AuditViewService::claim(AccountId viewer, Instant now)
{
    const std::lock_guard lock(mutex_);
    // Who was not here lately is forgotten; a clock that was set back makes nobody unseen.
    std::erase_if(seen_, [&](const auto& seen) {
        return seen.second <= now - kWindow || seen.second > now + kWindow;
    });
    return seen_.emplace(viewer, now).second;
}

void AuditViewService::release(AccountId viewer)
{
    const std::lock_guard lock(mutex_);
    seen_.erase(viewer);
}

Result<void> AuditViewService::record(Database& database, const Actor& viewer)
{
    if (!claim(viewer.account, clock_.now())) {
        return {};
    }
    auto recorded = database.write([&](WriteTx& tx) {
        return audit_.append(
            tx, {.actor = viewer, .action = kViewAction, .target = {.kind = "audit-log"}});
    });
    if (!recorded) {
        release(viewer.account);
    }
    return recorded;
}

} // namespace keystead::audit_search
