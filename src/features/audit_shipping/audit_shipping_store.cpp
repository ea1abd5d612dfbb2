#include "features/audit_shipping/audit_shipping_store.h"

namespace keystead::audit_shipping {

Result<std::optional<Progress>> AuditShippingStore::find(ReadTx& tx)
{
    KS_TRY(const std::optional<Row> row,
           tx.query_one("SELECT place, origin, next_leaf, failing_since, told_at "
                        "FROM audit_shipping WHERE id = 1"));
    if (!row) {
        return std::optional<Progress>{};
    }
    return std::optional(Progress{.place = std::string(row->text(0)),
                                  .origin = std::string(row->text(1)),
                                  .next = static_cast<std::uint64_t>(row->integer(2)),
                                  .failing_since = row->optional_time(3),
                                  .told_at = row->optional_time(4)});
}

Result<void> AuditShippingStore::put(ChangeTx& tx, const Progress& progress)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("INSERT INTO audit_shipping "
                   "(id, place, origin, next_leaf, failing_since, told_at) "
                   "VALUES (1, $1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE SET "
                   "place = excluded.place, origin = excluded.origin, "
                   "next_leaf = excluded.next_leaf, failing_since = excluded.failing_since, "
                   "told_at = excluded.told_at",
                   progress.place, progress.origin, static_cast<std::int64_t>(progress.next),
                   progress.failing_since, progress.told_at));
    return {};
}

} // namespace keystead::audit_shipping
