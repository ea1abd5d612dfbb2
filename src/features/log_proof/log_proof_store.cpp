#include "features/log_proof/log_proof_store.h"

namespace keystead::log_proof {
namespace {

StoredOrigin origin_of(const Row& row)
{
    return {.number = row.integer(0),
            .origin = row.text(1),
            .reason = row.text(2),
            .first_size = static_cast<std::uint64_t>(row.integer(3)),
            .started_at = row.time(4),
            .public_key = row.bytes(5),
            .sealed_seed = row.bytes(6)};
}

} // namespace

Result<std::vector<StoredOrigin>> LogProofStore::list_origins(ReadTx& tx)
{
    KS_TRY(const Rows rows, tx.query("SELECT number, origin, reason, first_size, started_at, "
                                     "public_key, sealed_seed FROM audit_origin ORDER BY number"));
    std::vector<StoredOrigin> origins;
    origins.reserve(rows.size());
    for (const Row& row : rows) {
        origins.push_back(origin_of(row));
    }
    return origins;
}

Result<std::optional<StoredOrigin>> LogProofStore::find_newest_origin(ReadTx& tx)
{
    KS_TRY(const std::optional<Row> row,
           tx.query_one("SELECT number, origin, reason, first_size, started_at, public_key, "
                        "sealed_seed FROM audit_origin ORDER BY number DESC LIMIT 1"));
    return row ? std::optional(origin_of(*row)) : std::nullopt;
}

Result<void> LogProofStore::insert_origin(ChangeTx& tx, const StoredOrigin& origin)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("INSERT INTO audit_origin (number, origin, reason, first_size, started_at, "
                   "public_key, sealed_seed) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                   origin.number, origin.origin, origin.reason, origin.first_size,
                   origin.started_at, origin.public_key, origin.sealed_seed));
    return {};
}

} // namespace keystead::log_proof
