// features/audit_search/audit_index_service.h
//
// Keeps the index of the log: a job adds what has been numbered, a whole part of 256 entries at a
// time, so that a change waits for no index. What is not indexed yet the search reads event by
// event. Erasure and retention take their events out again.
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "features/audit/audit_reader_service.h"
#include "features/audit_search/audit_search_store.h"
#include "storage/database.h"

#include <cstdint>
#include <span>

namespace keystead::audit_search {

class AuditIndexService {
public:
    static constexpr std::uint64_t kBatchLeaves = 1024;

    explicit AuditIndexService(const audit::AuditReader& reader) : reader_(reader) {}

    /// Indexes until less than a part is left. For a job; two at once wait for each other.
    Result<void> run_once(Database& database) const;
    /// One batch at most. Answers how many entries.
    Result<std::uint64_t> index_batch(UpkeepTx& tx) const;

    /// Takes the account's addresses out of the index. Before their values are deleted, in the same
    /// transaction; the caller records the change.
    Result<void> forget_addresses(WriteTx& tx, AccountId subject) const;
    /// Takes events out that are about to be deleted. As above.
    Result<void> forget(WriteTx& tx, std::span<const audit::LogEvent> events) const;

private:
    const audit::AuditReader& reader_;
    mutable AuditSearchStore store_;
};

} // namespace keystead::audit_search
