// features/audit_search/audit_view_service.h
//
// Remembers who was lately recorded as a reader of the log, so that reading it page by page, or
// following its tail, leaves one record a viewer and hour and not one a page. In memory alone:
// after a restart a reader is recorded again. Safe from any thread.
#pragma once

#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "features/audit/audit_log.h"
#include "storage/database.h"

#include <chrono>
#include <map>
#include <mutex>

namespace keystead::audit_search {

inline constexpr std::string_view kViewAction = "audit.view";

class AuditViewService {
public:
    static constexpr std::chrono::hours kWindow{1};

    AuditViewService(audit::AuditLog& audit, const Clock& clock) : audit_(audit), clock_(clock) {}

    /// Records the viewer unless that was done within the window. Before anything is shown. Errors:
    /// those of the transaction; nothing may be shown then.
    Result<void> record(Database& database, const Actor& viewer);

private:
    bool claim(AccountId viewer, Instant now);
    void release(AccountId viewer);

    audit::AuditLog& audit_;
    const Clock& clock_;
    std::mutex mutex_; // guards seen_
    std::map<AccountId, Instant> seen_;
};

} // namespace keystead::audit_search
