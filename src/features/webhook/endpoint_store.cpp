#include "features/webhook/endpoint_store.h"

#include "storage/rows.h"

namespace keystead::webhook {
namespace {

using storage::done;

Endpoint endpoint_of(const Row& row)
{
    return {.id = row.id<EndpointId>(0),
            .account = row.optional_id<AccountId>(1),
            .url = row.text(2),
            .description = row.text(3),
            .events = row.text(4),
            .state = static_cast<EndpointState>(row.integer(5)),
            .secret = row.bytes(6),
            .previous_secret = row.is_null(7) ? std::nullopt : std::optional(row.bytes(7)),
            .previous_until = row.optional_time(8),
            .created_at = row.time(9)};
}

std::vector<Endpoint> endpoints_of(const Rows& rows)
{
    std::vector<Endpoint> endpoints;
    endpoints.reserve(rows.size());
    for (const Row& row : rows) {
        endpoints.push_back(endpoint_of(row));
    }
    return endpoints;
}

std::vector<EndpointId> ids_of(const Rows& rows)
{
    std::vector<EndpointId> ids;
    for (const Row& row : rows) {
        ids.push_back(row.id<EndpointId>(0));
    }
    return ids;
}

} // namespace

Result<void> EndpointStore::insert(ChangeTx& tx, const Endpoint& endpoint)
{
    return done(tx.exec("INSERT INTO webhook_endpoint (id, account_id, url, description, events, "
                        "state, secret, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                        endpoint.id, endpoint.account, endpoint.url, endpoint.description,
                        endpoint.events, endpoint.state, endpoint.secret, endpoint.created_at));
}

Result<std::vector<Endpoint>> EndpointStore::list(ReadTx& tx, std::optional<AccountId> account,
                                                  std::uint32_t limit)
{
    if (account) {
        KS_TRY(const Rows rows,
               tx.query("SELECT id, account_id, url, description, events, state, secret, "
                        "previous_secret, previous_until, created_at FROM webhook_endpoint "
                        "WHERE account_id = $1 ORDER BY id LIMIT $2",
                        *account, limit));
        return endpoints_of(rows);
    }
    KS_TRY(const Rows rows,
           tx.query("SELECT id, account_id, url, description, events, state, secret, "
                    "previous_secret, previous_until, created_at FROM webhook_endpoint "
                    "WHERE account_id IS NULL ORDER BY id LIMIT $1",
                    limit));
    return endpoints_of(rows);
}

Result<std::optional<Endpoint>> EndpointStore::find(ReadTx& tx, EndpointId id)
{
    KS_TRY(const auto row,
           tx.query_one("SELECT id, account_id, url, description, events, state, secret, "
                        "previous_secret, previous_until, created_at FROM webhook_endpoint "
                        "WHERE id = $1",
                        id));
    return row ? std::optional(endpoint_of(*row)) : std::nullopt;
}

Result<std::int64_t> EndpointStore::count(ReadTx& tx, std::optional<AccountId> account)
{
    KS_TRY(const Rows rows,
           account
               ? tx.query("SELECT count(*) FROM webhook_endpoint WHERE account_id = $1", *account)
               : tx.query("SELECT count(*) FROM webhook_endpoint WHERE account_id IS NULL"));
    return rows.front().integer(0);
}

// Both arms walk the index; one statement, whether there is an account and whether anybody listens.
Result<std::vector<Listener>> EndpointStore::list_listeners(ReadTx& tx,
                                                            std::optional<AccountId> account)
{
    KS_TRY(const Rows rows, tx.query("SELECT id, account_id, events FROM webhook_endpoint "
                                     "WHERE account_id = $1 AND state = $2 UNION ALL "
                                     "SELECT id, account_id, events FROM webhook_endpoint "
                                     "WHERE account_id IS NULL AND state = $2",
                                     account.value_or(AccountId{}), EndpointState::Enabled));
    std::vector<Listener> listeners;
    for (const Row& row : rows) {
        listeners.push_back(
            {.id = row.id<EndpointId>(0), .is_of_instance = row.is_null(1), .events = row.text(2)});
    }
    return listeners;
}

Result<void> EndpointStore::update(ChangeTx& tx, EndpointId id, const EndpointChange& change)
{
    return done(tx.exec("UPDATE webhook_endpoint SET url = $2, description = $3, events = $4, "
                        "state = $5 WHERE id = $1",
                        id, change.url, change.description, change.events, change.state));
}

Result<bool> EndpointStore::stop(ChangeTx& tx, EndpointId id, EndpointState state)
{
    KS_TRY(const int rows,
           tx.exec("UPDATE webhook_endpoint SET state = $2 WHERE id = $1 AND state = $3", id, state,
                   EndpointState::Enabled));
    return rows == 1;
}

Result<int> EndpointStore::suspend_all(ChangeTx& tx)
{
    return tx.exec("UPDATE webhook_endpoint SET state = $1 WHERE state = $2",
                   EndpointState::Suspended, EndpointState::Enabled);
}

Result<std::vector<EndpointId>> EndpointStore::suspend_of(ChangeTx& tx, AccountId account)
{
    KS_TRY(const Rows rows, tx.query("UPDATE webhook_endpoint SET state = $2 WHERE account_id = $1 "
                                     "AND state = $3 RETURNING id",
                                     account, EndpointState::Suspended, EndpointState::Enabled));
    return ids_of(rows);
}

Result<std::vector<AccountId>> EndpointStore::list_suspended_accounts(ReadTx& tx, AccountId after,
                                                                      int limit)
{
    KS_TRY(const Rows rows,
           tx.query("SELECT DISTINCT account_id FROM webhook_endpoint WHERE state = $1 AND "
                    "account_id > $2 ORDER BY account_id LIMIT $3",
                    EndpointState::Suspended, after, limit));
    std::vector<AccountId> accounts;
    for (const Row& row : rows) {
        accounts.push_back(row.id<AccountId>(0));
    }
    return accounts;
}

Result<void> EndpointStore::set_secrets(ChangeTx& tx, EndpointId id, ByteView secret,
                                        std::optional<ByteView> previous,
                                        std::optional<Instant> until)
{
    return done(tx.exec("UPDATE webhook_endpoint SET secret = $2, previous_secret = $3, "
                        "previous_until = $4 WHERE id = $1",
                        id, secret, previous, until));
}

Result<bool> EndpointStore::clear_previous(ChangeTx& tx, EndpointId id)
{
    KS_TRY(const int rows,
           tx.exec("UPDATE webhook_endpoint SET previous_secret = NULL, previous_until = NULL "
                   "WHERE id = $1 AND previous_secret IS NOT NULL",
                   id));
    return rows == 1;
}

Result<std::vector<EndpointStore::Expired>> EndpointStore::clear_expired(ChangeTx& tx, Instant now)
{
    KS_TRY(const Rows rows,
           tx.query("UPDATE webhook_endpoint SET previous_secret = NULL, previous_until = NULL "
                    "WHERE previous_until <= $1 RETURNING id, account_id",
                    now));
    std::vector<Expired> expired;
    for (const Row& row : rows) {
        expired.push_back({row.id<EndpointId>(0), row.optional_id<AccountId>(1)});
    }
    return expired;
}

Result<void> EndpointStore::clear_all_previous(ChangeTx& tx)
{
    return done(tx.exec("UPDATE webhook_endpoint SET previous_secret = NULL, previous_until = NULL "
                        "WHERE previous_secret IS NOT NULL"));
}

Result<void> EndpointStore::bound_previous(ChangeTx& tx, Instant moment)
{
    return done(tx.exec("UPDATE webhook_endpoint SET previous_until = $1 WHERE previous_until > $1",
                        moment));
}

Result<bool> EndpointStore::remove(ChangeTx& tx, EndpointId id)
{
    KS_TRY(const int rows, tx.exec("DELETE FROM webhook_endpoint WHERE id = $1", id));
    return rows == 1;
}

Result<std::vector<EndpointId>> EndpointStore::remove_of(ChangeTx& tx, AccountId account)
{
    KS_TRY(const Rows rows,
           tx.query("DELETE FROM webhook_endpoint WHERE account_id = $1 RETURNING id", account));
    return ids_of(rows);
}

} // namespace keystead::webhook
