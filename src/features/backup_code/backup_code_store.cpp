#include "features/backup_code/backup_code_store.h"

#include <algorithm>
#include <string_view>

namespace keystead::backup_code {

Result<std::optional<CodeSet>> BackupCodeStore::find_set(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto row,
           tx.query_one("SELECT salt, memory_kib, passes, created_at FROM backup_code"
                        " WHERE account_id = $1 AND position = 0",
                        account));
    if (!row) {
        return std::optional<CodeSet>{};
    }
    CodeSet set{.salt = {},
                .cost = {.memory_kib = static_cast<std::uint32_t>(row->integer(1)),
                         .passes = static_cast<std::uint32_t>(row->integer(2))},
                .created_at = row->time(3)};
    const Bytes& salt = row->bytes(0);
    KS_ASSERT(salt.size() == set.salt.size());
    std::copy(salt.begin(), salt.end(), set.salt.begin());
    return std::optional(set);
}

Result<std::vector<SealedCode>> BackupCodeStore::list_codes(ReadTx& tx, AccountId account,
                                                            const Salt& salt)
{
    KS_TRY(const Rows rows,
           tx.query("SELECT position, sealed_hash, used_at, suspended_at FROM backup_code"
                    " WHERE account_id = $1 AND salt = $2 ORDER BY position",
                    account, salt));
    std::vector<SealedCode> codes;
    codes.reserve(rows.size());
    for (const Row& row : rows) {
        codes.push_back({.position = row.integer(0),
                         .sealed_hash = row.bytes(1),
                         .used = !row.is_null(2),
                         .suspended = !row.is_null(3)});
    }
    return codes;
}

Result<std::int64_t> BackupCodeStore::count_unused(ReadTx& tx, AccountId account)
{
    KS_TRY(
        const auto row,
        tx.query_one("SELECT COUNT(*) FROM backup_code WHERE account_id = $1 AND used_at IS NULL",
                     account));
    return row->integer(0);
}

Result<void> BackupCodeStore::insert(WriteTx& tx, AccountId account, const CodeSet& set,
                                     const SealedCode& code)
{
    KS_CHECK(tx.exec("INSERT INTO backup_code (account_id, position, salt, memory_kib, passes, "
                     "sealed_hash, created_at)"
                     " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                     account, code.position, set.salt, set.cost.memory_kib, set.cost.passes,
                     code.sealed_hash, set.created_at));
    return {};
}

Result<bool> BackupCodeStore::mark_used(WriteTx& tx, AccountId account, const Salt& salt,
                                        std::int64_t position, Instant now)
{
    constexpr std::string_view kMark = "UPDATE backup_code SET used_at = $4"
                                       " WHERE account_id = $1 AND salt = $2 AND position = $3"
#ifndef KEYSTEAD_WITHOUT_BACKUP_CODE_ONCE
                                       " AND used_at IS NULL"
#endif
#ifndef KEYSTEAD_WITHOUT_SUSPENSION
                                       " AND suspended_at IS NULL"
#endif
        ;
    KS_TRY(const int rows, tx.exec(kMark, account, salt, position, now));
    return rows == 1;
}

Result<std::int64_t> BackupCodeStore::count_suspended(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto row,
           tx.query_one("SELECT COUNT(*) FROM backup_code WHERE account_id = $1 AND "
                        "used_at IS NULL AND suspended_at IS NOT NULL",
                        account));
    return row->integer(0);
}

Result<int> BackupCodeStore::bound_created(WriteTx& tx, Instant moment)
{
    return tx.exec("UPDATE backup_code SET created_at = $1 WHERE created_at > $1", moment);
}

Result<int> BackupCodeStore::suspend_all(WriteTx& tx, Instant now)
{
    return tx.exec(
        "UPDATE backup_code SET suspended_at = $1 WHERE used_at IS NULL AND suspended_at "
        "IS NULL",
        now);
}

Result<int> BackupCodeStore::confirm(WriteTx& tx, AccountId account)
{
    return tx.exec("UPDATE backup_code SET suspended_at = NULL WHERE account_id = $1 AND "
                   "suspended_at IS NOT NULL",
                   account);
}

Result<std::vector<AccountId>> BackupCodeStore::list_suspended_accounts(ReadTx& tx, AccountId after,
                                                                        int limit)
{
    KS_TRY(const Rows rows,
           tx.query("SELECT DISTINCT account_id FROM backup_code WHERE suspended_at "
                    "IS NOT NULL AND account_id > $1 ORDER BY account_id LIMIT $2",
                    after, limit));
    std::vector<AccountId> accounts;
    for (const Row& row : rows) {
        accounts.push_back(row.id<AccountId>(0));
    }
    return accounts;
}

Result<int> BackupCodeStore::erase(WriteTx& tx, AccountId account)
{
    return tx.exec("DELETE FROM backup_code WHERE account_id = $1", account);
}

} // namespace keystead::backup_code
