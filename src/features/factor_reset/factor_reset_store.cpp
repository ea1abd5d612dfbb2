#include "features/factor_reset/factor_reset_store.h"

namespace keystead::factor_reset {
namespace {

PendingReset reset_of(const Row& row)
{
    return {.account = row.id<AccountId>(0),
            .asked_by = row.id<AccountId>(1),
            .asked_at = row.time(2),
            .due_at = row.time(3),
            .next_mail_at = row.time(4)};
}

} // namespace

Result<bool> FactorResetStore::insert(WriteTx& tx, const PendingReset& reset)
{
    KS_TRY(
        const int rows,
        tx.exec("INSERT INTO factor_reset (account_id, asked_by, asked_at, due_at, next_mail_at) "
                "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id) DO NOTHING",
                reset.account, reset.asked_by, reset.asked_at, reset.due_at, reset.next_mail_at));
    return rows == 1;
}

Result<std::optional<PendingReset>> FactorResetStore::find(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto row,
           tx.query_one("SELECT account_id, asked_by, asked_at, due_at, next_mail_at "
                        "FROM factor_reset WHERE account_id = $1",
                        account));
    return row ? std::optional(reset_of(*row)) : std::nullopt;
}

Result<bool> FactorResetStore::remove(WriteTx& tx, AccountId account)
{
    KS_TRY(const int rows, tx.exec("DELETE FROM factor_reset WHERE account_id = $1", account));
    return rows == 1;
}

Result<int> FactorResetStore::remove_all(WriteTx& tx)
{
    return tx.exec("DELETE FROM factor_reset");
}

Result<int> FactorResetStore::rebase(WriteTx& tx, Instant moment)
{
    return tx.exec("UPDATE factor_reset SET due_at = due_at - (asked_at - $1), asked_at = $1, "
                   "next_mail_at = $1 WHERE asked_at > $1",
                   moment);
}

Result<bool> FactorResetStore::move_mail(WriteTx& tx, AccountId account, Instant from, Instant to)
{
    KS_TRY(const int rows, tx.exec("UPDATE factor_reset SET next_mail_at = $3 "
                                   "WHERE account_id = $1 AND next_mail_at = $2",
                                   account, from, to));
    return rows == 1;
}

Result<std::vector<PendingReset>> FactorResetStore::list_ripe(ReadTx& tx, Instant now, int limit)
{
    KS_TRY(const auto rows,
           tx.query("SELECT account_id, asked_by, asked_at, due_at, next_mail_at FROM factor_reset "
                    "WHERE due_at <= $1 OR next_mail_at <= $1 LIMIT $2",
                    now, limit));
    std::vector<PendingReset> list;
    for (const Row& row : rows) {
        list.push_back(reset_of(row));
    }
    return list;
}

} // namespace keystead::factor_reset
