// features/audit/audit_sequencer.h
//
// Gives committed events their place in the tree. With SQLite the writer calls number() as the last
// step of each commit, so that no event is ever seen without a number. With PostgreSQL, where
// transactions commit side by side, a job calls run_once() about once a second: events, tiles and
// head change in one transaction under a lock on the head's row, so that a sequencer killed in
// between leaves nothing half-done and two at once wait for each other.
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "features/audit/audit_store.h"
#include "storage/database.h"

#include <cstddef>

namespace keystead::audit {

class AuditSequencer {
public:
    /// Numbers the events that have none yet, at most kBatchMax of them. Answers how many. Errors:
    /// those of the statements; audit/tree-damaged.
    static Result<std::size_t> number(ChangeTx& tx);

    /// number() as Database::set_before_commit wants it.
    static Result<void> before_commit(WriteTx& tx);

    explicit AuditSequencer(Database& database) : database_(database) {}
    /// Numbers until nothing is left.
    Result<void> run_once(Instant now);

    static constexpr std::uint32_t kBatchMax = 4096;

private:
    Database& database_;
};

} // namespace keystead::audit
