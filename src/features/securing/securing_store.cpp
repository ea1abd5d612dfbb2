#include "features/securing/securing_store.h"

#include "storage/rows.h"

namespace keystead::securing {

using storage::done;

Result<void> SecuringStore::begin(WriteTx& tx, AccountId account)
{
    return done(tx.exec("INSERT INTO securing (account_id, addresses_checked) VALUES ($1, 0) "
                        "ON CONFLICT (account_id) DO UPDATE SET addresses_checked = 0",
                        account));
}

Result<bool> SecuringStore::set_addresses_checked(WriteTx& tx, AccountId account)
{
    KS_TRY(const int rows,
           tx.exec("UPDATE securing SET addresses_checked = 1 WHERE account_id = $1", account));
    return rows == 1;
}

Result<bool> SecuringStore::addresses_checked(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto row,
           tx.query_one("SELECT addresses_checked FROM securing WHERE account_id = $1", account));
    return row && row->flag(0);
}

Result<void> SecuringStore::remove(WriteTx& tx, AccountId account)
{
    return done(tx.exec("DELETE FROM securing WHERE account_id = $1", account));
}

Result<void> SecuringStore::put_verdict(WriteTx& tx, AccountId account, EventId event,
                                        Verdict verdict)
{
    return done(tx.exec("INSERT INTO securing_verdict (account_id, event_id, verdict) "
                        "VALUES ($1, $2, $3) ON CONFLICT (account_id, event_id) "
                        "DO UPDATE SET verdict = excluded.verdict",
                        account, event, verdict));
}

Result<std::map<EventId, Verdict>> SecuringStore::list_verdicts(ReadTx& tx, AccountId account)
{
    KS_TRY(
        const Rows rows,
        tx.query("SELECT event_id, verdict FROM securing_verdict WHERE account_id = $1", account));
    std::map<EventId, Verdict> verdicts;
    for (const Row& row : rows) {
        verdicts.emplace(row.id<EventId>(0), static_cast<Verdict>(row.integer(1)));
    }
    return verdicts;
}

Result<void> SecuringStore::remove_verdicts(WriteTx& tx, AccountId account)
{
    return done(tx.exec("DELETE FROM securing_verdict WHERE account_id = $1", account));
}

} // namespace keystead::securing
