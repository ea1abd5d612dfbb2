#include "features/service_client/service_client_store.h"

namespace keystead::service_client {
namespace {

ServiceClient client_of(const Row& row)
{
    return {.id = row.id<ClientId>(0),
            .name = row.text(1),
            .rights = static_cast<std::uint32_t>(row.integer(2)),
            .created_at = row.time(3),
            .suspended = !row.is_null(4)};
}

} // namespace

Result<bool> ServiceClientStore::insert(WriteTx& tx, const ServiceClient& client,
                                        const Digest& token)
{
    KS_TRY(const int rows,
           tx.exec("INSERT INTO service_client (id, name, token_digest, rights, created_at) "
                   "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING",
                   client.id, client.name, token, client.rights, client.created_at));
    return rows == 1;
}

Result<std::optional<ServiceClient>> ServiceClientStore::find_by_token(ReadTx& tx,
                                                                       const Digest& token)
{
    constexpr std::string_view kFind =
        "SELECT id, name, rights, created_at, suspended_at FROM service_client "
        "WHERE token_digest = $1"
#ifndef KEYSTEAD_WITHOUT_SUSPENSION
        " AND suspended_at IS NULL"
#endif
        ;
    KS_TRY(const auto row, tx.query_one(kFind, token));
    return row ? std::optional(client_of(*row)) : std::nullopt;
}

Result<std::vector<ServiceClient>> ServiceClientStore::list(ReadTx& tx, int limit)
{
    KS_TRY(const auto rows,
           tx.query("SELECT id, name, rights, created_at, suspended_at FROM service_client "
                    "ORDER BY name LIMIT $1",
                    limit));
    std::vector<ServiceClient> clients;
    for (const Row& row : rows) {
        clients.push_back(client_of(row));
    }
    return clients;
}

Result<int> ServiceClientStore::suspend_all(WriteTx& tx, Instant now)
{
    return tx.exec("UPDATE service_client SET suspended_at = $1 WHERE suspended_at IS NULL", now);
}

Result<bool> ServiceClientStore::confirm(WriteTx& tx, ClientId id)
{
    KS_TRY(const int rows,
           tx.exec("UPDATE service_client SET suspended_at = NULL WHERE id = $1", id));
    return rows == 1;
}

Result<std::optional<Digest>> ServiceClientStore::remove(WriteTx& tx, ClientId id)
{
    KS_TRY(const auto row,
           tx.query_one("DELETE FROM service_client WHERE id = $1 RETURNING token_digest", id));
    return row ? std::optional(row->digest(0)) : std::nullopt;
}

} // namespace keystead::service_client
