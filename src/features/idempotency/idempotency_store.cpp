#include "features/idempotency/idempotency_store.h"

namespace keystead::idempotency {

Result<bool> IdempotencyStore::insert(WriteTx& tx, AccountId account, const Digest& key,
                                      std::string_view created_id, Instant now)
{
    KS_TRY(const int rows,
           tx.exec("INSERT INTO idempotency_key (account_id, key_digest, created_id, created_at) "
                   "VALUES ($1, $2, $3, $4) ON CONFLICT (account_id, key_digest) DO NOTHING",
                   account, key, created_id, now));
    return rows == 1;
}

Result<std::optional<std::string>> IdempotencyStore::find(ReadTx& tx, AccountId account,
                                                          const Digest& key)
{
    KS_TRY(const auto row,
           tx.query_one(
               "SELECT created_id FROM idempotency_key WHERE account_id = $1 AND key_digest = $2",
               account, key));
    return row ? std::optional(row->text(0)) : std::nullopt;
}

Result<void> IdempotencyStore::remove_all(WriteTx& tx, AccountId account)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("DELETE FROM idempotency_key WHERE account_id = $1", account));
    return {};
}

Result<void> IdempotencyStore::sweep(UpkeepTx& tx, Instant older_than)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("DELETE FROM idempotency_key WHERE created_at < $1", older_than));
    return {};
}

} // namespace keystead::idempotency
