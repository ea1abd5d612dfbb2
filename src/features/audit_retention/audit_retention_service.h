// features/audit_retention/audit_retention_service.h
//
// The job that removes events older than the retention, in small batches. Safe from any thread.
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "features/audit/audit_reader_service.h"
#include "features/audit/audit_service.h"
#include "features/audit_retention/audit_retention_store.h"
#include "features/audit_retention/retention_clock.h"
#include "features/audit_search/audit_index_service.h"
#include "storage/database.h"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace keystead::audit_retention {

struct RetentionReport {
    RetentionClock clock;
    Instant keeps_from{};         // events before this are removed
    std::uint64_t first_leaf = 0; // the oldest that is kept
    std::uint64_t removed = 0;    // by this run
};

class AuditRetentionService {
public:
    static constexpr std::uint64_t kBatchEvents = 1000;
    static constexpr int kBatchesMax = 100; // of one run

    AuditRetentionService(Database& database, audit::AuditService& audit,
                          const audit::AuditReader& reader,
                          const audit_search::AuditIndexService& index, const Clock& clock,
                          std::chrono::hours retention)
        : database_(database), audit_(audit), reader_(reader), index_(index), clock_(clock),
          retention_(retention)
    {
    }

    /// Moves the belief on and removes what is due. Errors: those of the statements.
    Result<RetentionReport> run_once();

private:
    Result<RetentionClock> believe();
    /// One batch; answers how many events it removed.
    Result<std::uint64_t> remove_batch(Instant keeps_from);

    Database& database_;
    audit::AuditService& audit_;
    const audit::AuditReader& reader_;
    const audit_search::AuditIndexService& index_;
    const Clock& clock_;
    std::chrono::hours retention_;
    AuditRetentionStore store_;
    std::mutex mutex_;                              // one run at a time; guards last_
    std::optional<std::chrono::microseconds> last_; // since boot
};

} // namespace keystead::audit_retention
