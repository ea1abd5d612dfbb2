#include "features/sign_in_flow/sign_in_flow_store.h"

namespace keystead::sign_in_flow {
namespace {

Flow flow_of(const Row& row)
{
    return {.id = row.id<FlowId>(0),
            .account = row.id<AccountId>(1),
            .account_epoch = row.integer(2),
            .methods = session::Methods::from_stored(row.text(3)),
            .trust = static_cast<session::DeviceTrust>(row.integer(4)),
            .from_device = static_cast<FromDevice>(row.integer(5)),
            .expires_at = row.time(6)};
}

std::optional<Flow> flow_of(const std::optional<Row>& row)
{
    return row ? std::optional(flow_of(*row)) : std::nullopt;
}

} // namespace

Result<void> SignInFlowStore::insert(WriteTx& tx, const Flow& flow, const Digest& token)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("INSERT INTO sign_in_flow (id, token_digest, account_id, account_epoch, "
                   "methods, attempts, trust, "
                   "from_known_device, expires_at) VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8)",
                   flow.id, token, flow.account, flow.account_epoch, flow.methods.stored(),
                   flow.trust, flow.from_device, flow.expires_at));
    return {};
}

Result<std::optional<Flow>> SignInFlowStore::find_by_token(ReadTx& tx, const Digest& token,
                                                           Instant now)
{
    KS_TRY(const auto row,
           tx.query_one("SELECT id, account_id, account_epoch, methods, trust, from_known_device, "
                        "expires_at FROM sign_in_flow WHERE token_digest = $1 AND expires_at > $2",
                        token, now));
    return flow_of(row);
}

Result<std::optional<Flow>> SignInFlowStore::find(ReadTx& tx, FlowId id, Instant now)
{
    KS_TRY(const auto row,
           tx.query_one("SELECT id, account_id, account_epoch, methods, trust, from_known_device, "
                        "expires_at FROM sign_in_flow WHERE id = $1 AND expires_at > $2",
                        id, now));
    return flow_of(row);
}

Result<std::optional<Flow>> SignInFlowStore::take_attempt(WriteTx& tx, FlowId id, int attempts_max,
                                                          Instant now)
{
    KS_TRY(const auto row, tx.query_one("UPDATE sign_in_flow SET attempts = attempts + 1 "
                                        "WHERE id = $1 AND attempts < $2 AND expires_at > $3 "
                                        "RETURNING id, account_id, account_epoch, methods, trust, "
                                        "from_known_device, expires_at",
                                        id, attempts_max, now));
    return flow_of(row);
}

Result<bool> SignInFlowStore::set_methods(WriteTx& tx, FlowId id, session::Methods methods)
{
    KS_TRY(const int rows,
           tx.exec("UPDATE sign_in_flow SET methods = $2 WHERE id = $1", id, methods.stored()));
    return rows == 1;
}

Result<bool> SignInFlowStore::remove(WriteTx& tx, FlowId id)
{
    KS_TRY(const int rows, tx.exec("DELETE FROM sign_in_flow WHERE id = $1", id));
    return rows == 1;
}

Result<void> SignInFlowStore::remove_of_account(WriteTx& tx, AccountId account)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("DELETE FROM sign_in_flow WHERE account_id = $1", account));
    return {};
}

Result<int> SignInFlowStore::remove_all(WriteTx& tx)
{
    return tx.exec("DELETE FROM sign_in_flow");
}

Result<int> SignInFlowStore::remove_over(WriteTx& tx, Instant now)
{
    return tx.exec("DELETE FROM sign_in_flow WHERE expires_at <= $1", now);
}

} // namespace keystead::sign_in_flow
