#include "features/audit_retention/audit_retention_store.h"

namespace keystead::audit_retention {

Result<std::optional<RetentionClock>> AuditRetentionStore::find(ReadTx& tx)
{
    KS_TRY(const std::optional<Row> row,
           tx.query_one("SELECT believed_at, waited FROM audit_retention WHERE id = 1"));
    return row ? std::optional(
                     RetentionClock{row->time(0), std::chrono::microseconds{row->integer(1)}})
               : std::nullopt;
}

Result<void> AuditRetentionStore::put(UpkeepTx& tx, const RetentionClock& clock)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("INSERT INTO audit_retention (id, believed_at, waited) VALUES (1, $1, $2) "
                   "ON CONFLICT (id) DO UPDATE SET believed_at = excluded.believed_at, "
                   "waited = excluded.waited",
                   clock.believed, clock.waited.count()));
    return {};
}

} // namespace keystead::audit_retention
