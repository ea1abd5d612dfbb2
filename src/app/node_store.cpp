#include "app/node_store.h"

namespace keystead::app {

Result<std::optional<std::int64_t>> NodeStore::find(ReadTx& tx, std::string_view name)
{
    KS_TRY(const auto row, tx.query_one("SELECT value FROM node WHERE name = $1", name));
    return row ? std::optional(row->integer(0)) : std::nullopt;
}

Result<void> NodeStore::remove(WriteTx& tx, std::string_view name)
{
    KS_TRY([[maybe_unused]] const int rows, tx.exec("DELETE FROM node WHERE name = $1", name));
    return {};
}

Result<void> NodeStore::put(UpkeepTx& tx, std::string_view name, std::int64_t value, Instant now)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("INSERT INTO node (name, value, noted_at) VALUES ($1, $2, $3) "
                   "ON CONFLICT (name) DO UPDATE SET value = $2, noted_at = $3",
                   name, value, now));
    return {};
}

Result<std::int64_t> NodeStore::put_if_absent(UpkeepTx& tx, std::string_view name,
                                              std::int64_t value, Instant now)
{
    KS_TRY(const int rows, tx.exec("INSERT INTO node (name, value, noted_at) VALUES ($1, $2, $3) "
                                   "ON CONFLICT (name) DO NOTHING",
                                   name, value, now));
    if (rows == 1) {
        return value;
    }
    KS_TRY(const auto found, find(tx, name));
    KS_ASSERT(found.has_value());
    return *found;
}

Result<void> NodeStore::lift_time_limit(WriteTx& tx, Database::Engine engine)
{
    if (engine == Database::Engine::Postgres) { // SQLite has none.
        KS_TRY([[maybe_unused]] const auto set,
               tx.query("SELECT set_config('statement_timeout', '0', true)"));
    }
    return {};
}

} // namespace keystead::app
