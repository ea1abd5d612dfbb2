#include "features/log_proof/log_proof_store.h"

#include "storage/careful_row.h"

#include <utility>

namespace keystead::log_proof {
namespace {

Result<StoredOrigin> origin_of(const Row& row)
{
    storage::CarefulRow careful(row);
    StoredOrigin origin{.number = careful.integer(0),
                        .origin = std::string(careful.text(1)),
                        .reason = std::string(careful.text(2)),
                        .first_size = careful.count(3),
                        .started_at = careful.time(4),
                        .public_key = careful.copy(5),
                        .sealed_seed = careful.copy(6)};
    if (!careful.is_whole()) {
        return Error{.code = "audit/no-origin", .cause = "a name of the log cannot be read"};
    }
    return origin;
}

} // namespace

Result<std::vector<StoredOrigin>> LogProofStore::list_origins(ReadTx& tx)
{
    KS_TRY(const Rows rows, tx.query("SELECT number, origin, reason, first_size, started_at, "
                                     "public_key, sealed_seed FROM audit_origin ORDER BY number"));
    std::vector<StoredOrigin> origins;
    origins.reserve(rows.size());
    for (const Row& row : rows) {
        KS_TRY(StoredOrigin origin, origin_of(row));
        origins.push_back(std::move(origin));
    }
    return origins;
}

Result<std::optional<StoredOrigin>> LogProofStore::find_newest_origin(ReadTx& tx)
{
    KS_TRY(const std::optional<Row> row,
           tx.query_one("SELECT number, origin, reason, first_size, started_at, public_key, "
                        "sealed_seed FROM audit_origin ORDER BY number DESC LIMIT 1"));
    if (!row) {
        return std::optional<StoredOrigin>{};
    }
    KS_TRY(StoredOrigin origin, origin_of(*row));
    return std::optional(std::move(origin));
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
