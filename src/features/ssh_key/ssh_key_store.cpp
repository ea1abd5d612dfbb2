#include "features/ssh_key/ssh_key_store.h"

namespace keystead::ssh_key {
namespace {

// The columns stand in the order of key_of().
const std::string kSelect =
    "SELECT k.id, k.account_id, k.name, k.key_type, k.bits, k.blob, k.created_at, k.created_in, "
    "k.replaced_by, k.ends_at, k.suspended_at, k.last_used_at FROM ssh_key k ";
const std::string kNotCompromised =
    " AND NOT EXISTS (SELECT 1 FROM ssh_key_compromised c WHERE c.fingerprint = k.fingerprint) ";

SshKey key_of(const Row& row)
{
    SshKey key;
    key.id = row.id<SshKeyId>(0);
    key.account = row.id<AccountId>(1);
    key.name = row.text(2);
    key.key.type = static_cast<KeyType>(row.integer(3));
    key.key.bits = static_cast<int>(row.integer(4));
    key.key.blob = row.bytes(5);
    key.created_at = row.time(6);
    key.created_in = row.optional_id<SessionId>(7);
    key.replaced_by = row.optional_id<SshKeyId>(8);
    key.ends_at = row.optional_time(9);
    key.suspended_at = row.optional_time(10);
    key.last_used_at = row.optional_time(11);
    return key;
}

std::vector<SshKey> keys_of(const Rows& rows)
{
    std::vector<SshKey> list;
    list.reserve(rows.size());
    for (const Row& row : rows) {
        list.push_back(key_of(row));
    }
    return list;
}

std::optional<SshKey> key_of(const std::optional<Row>& row)
{
    return row ? std::optional(key_of(*row)) : std::nullopt;
}

} // namespace

Result<void> SshKeyStore::insert(WriteTx& tx, const SshKey& key)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("INSERT INTO ssh_key (id, account_id, name, key_type, bits, blob, fingerprint, "
                   "created_at, created_in, reminded_at) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8)",
                   key.id, key.account, key.name, key.key.type, key.key.bits, key.key.blob,
                   fingerprint_of(key.key), key.created_at, key.created_in));
    return {};
}

Result<std::int64_t> SshKeyStore::count_lasting(ReadTx& tx, AccountId account, Instant now)
{
    static const std::string sql =
        "SELECT COUNT(*) FROM ssh_key k WHERE k.account_id = $1 AND (k.ends_at IS NULL OR "
        "(k.ends_at > $2 AND NOT EXISTS (SELECT 1 FROM ssh_key n WHERE n.id = k.replaced_by)))" +
        kNotCompromised;
    KS_TRY(const auto row, tx.query_one(sql, account, now));
    return row->integer(0);
}

Result<std::vector<AccountId>> SshKeyStore::list_holders(ReadTx& tx, const Digest& fingerprint,
                                                         int limit)
{
    KS_TRY(const auto rows, tx.query("SELECT account_id FROM ssh_key WHERE fingerprint = $1 "
                                     "ORDER BY account_id LIMIT $2",
                                     fingerprint, limit));
    std::vector<AccountId> list;
    for (const Row& row : rows) {
        list.push_back(row.id<AccountId>(0));
    }
    return list;
}

Result<std::optional<SshKey>> SshKeyStore::find(ReadTx& tx, SshKeyId id)
{
    static const std::string sql = kSelect + "WHERE k.id = $1" + kNotCompromised;
    KS_TRY(const auto row, tx.query_one(sql, id));
    return key_of(row);
}

Result<bool> SshKeyStore::has(ReadTx& tx, AccountId account, const Digest& fingerprint)
{
    KS_TRY(const auto row,
           tx.query_one("SELECT 1 FROM ssh_key WHERE account_id = $1 AND fingerprint = $2", account,
                        fingerprint));
    return row.has_value();
}

Result<std::optional<SshKey>> SshKeyStore::find_replaced_by(ReadTx& tx, AccountId account,
                                                            SshKeyId id)
{
    static const std::string sql =
        kSelect + "WHERE k.account_id = $1 AND k.replaced_by = $2" + kNotCompromised;
    KS_TRY(const auto row, tx.query_one(sql, account, id));
    return key_of(row);
}

Result<std::vector<SshKey>> SshKeyStore::list(ReadTx& tx, AccountId account, int limit)
{
    static const std::string sql =
        kSelect + "WHERE k.account_id = $1" + kNotCompromised + "ORDER BY k.id DESC LIMIT $2";
    KS_TRY(const auto rows, tx.query(sql, account, limit));
    return keys_of(rows);
}

Result<std::vector<SshKey>> SshKeyStore::list_over_of(ReadTx& tx, AccountId account, Instant now,
                                                      int limit)
{
    static const std::string sql =
        kSelect +
        "WHERE k.account_id = $1 AND (k.ends_at <= $2 OR EXISTS (SELECT 1 FROM "
        "ssh_key_compromised c WHERE c.fingerprint = k.fingerprint)) ORDER BY k.id LIMIT $3";
    KS_TRY(const auto rows, tx.query(sql, account, now, limit));
    return keys_of(rows);
}

Result<std::vector<SshKey>> SshKeyStore::list_made_in(ReadTx& tx, AccountId account,
                                                      SessionId session)
{
    static const std::string sql =
        kSelect + "WHERE k.account_id = $1 AND k.created_in = $2" + kNotCompromised;
    KS_TRY(const auto rows, tx.query(sql, account, session));
    return keys_of(rows);
}

Result<std::vector<SshKey>> SshKeyStore::list_over(ReadTx& tx, Instant now, int limit)
{
    static const std::string sql =
        kSelect +
        "WHERE k.ends_at <= $1 ORDER BY k.account_id LIMIT $2"; // As above: they are locked.
    KS_TRY(const auto rows, tx.query(sql, now, limit));
    return keys_of(rows);
}

Result<std::vector<SshKey>> SshKeyStore::list_due(ReadTx& tx, Instant reminded_before, int limit)
{
    static const std::string sql =
        kSelect + "WHERE k.reminded_at <= $1 AND k.ends_at IS NULL AND k.suspended_at IS NULL "
                  "ORDER BY k.reminded_at LIMIT $2";
    KS_TRY(const auto rows, tx.query(sql, reminded_before, limit));
    return keys_of(rows);
}

Result<std::vector<SshKey>> SshKeyStore::list_compromised(ReadTx& tx, int limit)
{
    static const std::string sql =
        kSelect + "JOIN ssh_key_compromised c ON c.fingerprint = k.fingerprint "
                  "ORDER BY k.account_id LIMIT $1"; // In one order: their accounts are locked.
    KS_TRY(const auto rows, tx.query(sql, limit));
    return keys_of(rows);
}

Result<std::vector<AccountId>> SshKeyStore::list_suspended_accounts(ReadTx& tx, AccountId after,
                                                                    int limit)
{
    KS_TRY(const auto rows,
           tx.query("SELECT DISTINCT account_id FROM ssh_key WHERE suspended_at IS NOT NULL "
                    "AND account_id > $1 ORDER BY account_id LIMIT $2",
                    after, limit));
    std::vector<AccountId> list;
    for (const Row& row : rows) {
        list.push_back(row.id<AccountId>(0));
    }
    return list;
}

Result<bool> SshKeyStore::rename(WriteTx& tx, AccountId account, SshKeyId id, std::string_view name)
{
    KS_TRY(const int rows, tx.exec("UPDATE ssh_key SET name = $3 WHERE account_id = $1 AND id = $2",
                                   account, id, name));
    return rows == 1;
}

Result<void> SshKeyStore::set_ending(WriteTx& tx, SshKeyId id, const Ending& ending)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("UPDATE ssh_key SET ends_at = $2, replaced_by = $3 WHERE id = $1", id, ending.at,
                   ending.replaced_by));
    return {};
}

Result<void> SshKeyStore::cancel_ending(WriteTx& tx, SshKeyId successor)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("UPDATE ssh_key SET ends_at = NULL, replaced_by = NULL WHERE replaced_by = $1",
                   successor));
    return {};
}

Result<void> SshKeyStore::set_reminded(WriteTx& tx, SshKeyId id, Instant at)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("UPDATE ssh_key SET reminded_at = $2 WHERE id = $1", id, at));
    return {};
}

Result<void> SshKeyStore::note_use(WriteTx& tx, SshKeyId id, Instant at)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("UPDATE ssh_key SET last_used_at = $2 "
                   "WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)",
                   id, at));
    return {};
}

Result<bool> SshKeyStore::remove(WriteTx& tx, AccountId account, SshKeyId id)
{
    KS_TRY(const int rows,
           tx.exec("DELETE FROM ssh_key WHERE account_id = $1 AND id = $2", account, id));
    return rows == 1;
}

Result<void> SshKeyStore::bound_times(WriteTx& tx, Instant now, Instant end)
{
    KS_TRY([[maybe_unused]] const int reminded,
           tx.exec("UPDATE ssh_key SET reminded_at = $1 WHERE reminded_at > $1", now));
    KS_TRY([[maybe_unused]] const int ending,
           tx.exec("UPDATE ssh_key SET ends_at = $1 WHERE ends_at > $1", end));
    return {};
}

Result<int> SshKeyStore::suspend_all(WriteTx& tx, Instant now)
{
    return tx.exec("UPDATE ssh_key SET suspended_at = $1 WHERE suspended_at IS NULL", now);
}

Result<int> SshKeyStore::suspend_of(WriteTx& tx, AccountId account, Instant now)
{
    return tx.exec("UPDATE ssh_key SET suspended_at = $2 WHERE account_id = $1 AND suspended_at IS "
                   "NULL",
                   account, now);
}

Result<bool> SshKeyStore::confirm(WriteTx& tx, AccountId account, SshKeyId id)
{
    KS_TRY(const int rows, tx.exec("UPDATE ssh_key SET suspended_at = NULL WHERE account_id = $1 "
                                   "AND id = $2 AND suspended_at IS NOT NULL",
                                   account, id));
    return rows == 1;
}

Result<void> SshKeyStore::erase(WriteTx& tx, AccountId account)
{
    KS_TRY([[maybe_unused]] const int keys,
           tx.exec("DELETE FROM ssh_key WHERE account_id = $1", account));
    KS_TRY([[maybe_unused]] const int revoked,
           tx.exec("DELETE FROM ssh_key_revoked WHERE account_id = $1", account));
    return {};
}

Result<void> SshKeyStore::remember_revoked(WriteTx& tx, const SshKey& key, Reason reason,
                                           Instant now)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("INSERT INTO ssh_key_revoked (account_id, fingerprint, reason, revoked_at) "
                   "VALUES ($1, $2, $3, $4) ON CONFLICT (account_id, fingerprint) DO UPDATE SET "
                   "reason = excluded.reason, revoked_at = excluded.revoked_at",
                   key.account, fingerprint_of(key.key), reason, now));
    return {};
}

Result<std::optional<Reason>> SshKeyStore::find_revoked(ReadTx& tx, AccountId account,
                                                        const Digest& fingerprint)
{
    KS_TRY(const auto row, tx.query_one("SELECT reason FROM ssh_key_revoked WHERE account_id = $1 "
                                        "AND fingerprint = $2",
                                        account, fingerprint));
    return row ? std::optional(static_cast<Reason>(row->integer(0))) : std::nullopt;
}

Result<bool> SshKeyStore::is_compromised(ReadTx& tx, const Digest& fingerprint)
{
    KS_TRY(const auto row,
           tx.query_one("SELECT 1 FROM ssh_key_compromised WHERE fingerprint = $1", fingerprint));
    return row.has_value();
}

Result<bool> SshKeyStore::add_compromised(WriteTx& tx, const Digest& fingerprint, Instant now)
{
    KS_TRY(const int rows,
           tx.exec("INSERT INTO ssh_key_compromised (fingerprint, proven_at) VALUES ($1, $2) "
                   "ON CONFLICT (fingerprint) DO NOTHING",
                   fingerprint, now));
    return rows == 1;
}

} // namespace keystead::ssh_key
