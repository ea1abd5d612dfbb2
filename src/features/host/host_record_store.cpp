#include "features/host/host_store.h"

#include "storage/rows.h"

#include <utility>

namespace keystead::host {
namespace {

using storage::digests_of;
using storage::done;

const std::string kSelect =
    "SELECT id, host_id, login_id, account_id, ssh_key_id, fingerprint, login_user, address, "
    "began_at, ended_at, ended_by, host_name FROM host_login ";

Login login_of(const Row& row)
{
    Login login{.id = row.id<HostLoginId>(0),
                .host = row.id<HostId>(1),
                .login_id = row.text(2),
                .account = row.id<AccountId>(3),
                .key = row.optional_id<SshKeyId>(4),
                .fingerprint = row.text(5),
                .login_user = row.text(6),
                .address = row.text(7),
                .began_at = row.time(8),
                .ended_at = row.optional_time(9)};
    login.host_name = row.text(11);
    if (const auto by = row.optional_integer(10)) {
        login.ended_by = static_cast<EndedBy>(*by);
    }
    return login;
}

std::vector<Login> logins_of(const Rows& rows)
{
    std::vector<Login> list;
    list.reserve(rows.size());
    for (const Row& row : rows) {
        list.push_back(login_of(row));
    }
    return list;
}

std::map<HostId, std::int64_t> counts_of(const Rows& rows)
{
    std::map<HostId, std::int64_t> counts;
    for (const Row& row : rows) {
        counts.emplace(row.id<HostId>(0), row.integer(1));
    }
    return counts;
}

} // namespace

Result<void> HostRecordStore::add_removal(WriteTx& tx, HostId host, AccountId account, SshKeyId key,
                                          const Digest& fingerprint, Instant now)
{
    return done(
        tx.exec("INSERT INTO host_removal (host_id, fingerprint, account_id, ssh_key_id, "
                "removed_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (host_id, fingerprint) "
                "DO UPDATE SET ssh_key_id = excluded.ssh_key_id, "
                "removed_at = excluded.removed_at, confirmed_at = NULL",
                host, fingerprint, account, key, now));
}

Result<void> HostRecordStore::keep_newest_removals(WriteTx& tx, HostId host)
{
    // By time alone: those of one moment stay together.
    KS_CHECK(done(tx.exec("DELETE FROM host_removal WHERE host_id = $1 AND ssh_key_id <> $3 "
                          "AND removed_at < (SELECT removed_at FROM host_removal "
                          "WHERE host_id = $1 AND ssh_key_id <> $3 "
                          "ORDER BY removed_at DESC LIMIT 1 OFFSET $2)",
                          host, kRefusedMax - 1, kNoKey)));
    return done(tx.exec("DELETE FROM host_removal WHERE host_id = $1 AND ssh_key_id = $3 "
                        "AND removed_at < (SELECT removed_at FROM host_removal "
                        "WHERE host_id = $1 AND ssh_key_id = $3 "
                        "ORDER BY removed_at DESC LIMIT 1 OFFSET $2)",
                        host, kUserRemovalsMax - 1, kNoKey));
}

Result<void> HostRecordStore::forget_removal(WriteTx& tx, HostId host, const Digest& fingerprint)
{
    return done(tx.exec("DELETE FROM host_removal WHERE host_id = $1 AND fingerprint = $2 "
                        "AND confirmed_at IS NULL",
                        host, fingerprint));
}

Result<std::vector<Digest>> HostRecordStore::list_removed(ReadTx& tx, HostId host, int limit)
{
    KS_TRY(const auto rows, tx.query("SELECT fingerprint FROM host_removal WHERE host_id = $1 "
                                     "AND ssh_key_id <> $3 "
                                     "ORDER BY removed_at DESC, fingerprint LIMIT $2",
                                     host, limit, kNoKey));
    return digests_of(rows);
}

Result<std::vector<Digest>> HostRecordStore::list_pending(ReadTx& tx, HostId host)
{
    KS_TRY(const auto rows, tx.query("SELECT fingerprint FROM host_removal WHERE host_id = $1 "
                                     "AND confirmed_at IS NULL ORDER BY fingerprint",
                                     host));
    return digests_of(rows);
}

Result<std::vector<Removal>> HostRecordStore::list_removals_of(ReadTx& tx, AccountId account,
                                                               SshKeyId key, int limit)
{
    KS_TRY(
        const auto rows,
        tx.query("SELECT r.host_id, h.name, r.removed_at, r.confirmed_at, s.seen_at, "
                 "h.token_digest, r.ssh_key_id FROM host_removal r JOIN host h ON h.id = r.host_id "
                 "LEFT JOIN host_seen s ON s.host_id = r.host_id "
                 "WHERE r.ssh_key_id = $2 AND r.account_id = $1 ORDER BY r.host_id LIMIT $3",
                 account, key, limit));
    std::vector<Removal> list;
    for (const Row& row : rows) {
        list.push_back({.host = row.id<HostId>(0),
                        .key = row.id<SshKeyId>(6),
                        .host_name = row.text(1),
                        .removed_at = row.time(2),
                        .confirmed_at = row.optional_time(3),
                        .seen_at = row.optional_time(4),
                        .token = row.is_null(5) ? std::nullopt : std::optional(row.digest(5))});
    }
    return list;
}

Result<std::vector<Removal>> HostRecordStore::list_removals_at(ReadTx& tx, HostId host, int limit)
{
    KS_TRY(const auto rows, tx.query("SELECT ssh_key_id, removed_at, confirmed_at "
                                     "FROM host_removal WHERE host_id = $1 "
                                     "ORDER BY removed_at DESC, fingerprint LIMIT $2",
                                     host, limit));
    std::vector<Removal> list;
    list.reserve(rows.size());
    for (const Row& row : rows) {
        list.push_back({.host = host,
                        .key = row.id<SshKeyId>(0),
                        .removed_at = row.time(1),
                        .confirmed_at = row.optional_time(2)});
    }
    return list;
}

Result<int> HostRecordStore::confirm_removals(WriteTx& tx, HostId host, Instant now)
{
    KS_TRY(const int users, tx.exec("DELETE FROM host_removal WHERE host_id = $1 "
                                    "AND ssh_key_id = $2 AND confirmed_at IS NULL",
                                    host, kNoKey));
    KS_TRY(const int keys, tx.exec("UPDATE host_removal SET confirmed_at = $2 "
                                   "WHERE host_id = $1 AND confirmed_at IS NULL",
                                   host, now));
    return users + keys;
}

Result<std::map<HostId, std::int64_t>> HostRecordStore::count_pending(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto rows,
           tx.query("SELECT r.host_id, COUNT(*) FROM host_removal r JOIN host h "
                    "ON h.id = r.host_id WHERE h.account_id = $1 AND r.confirmed_at IS NULL "
                    "GROUP BY r.host_id",
                    account));
    return counts_of(rows);
}

Result<std::optional<SshKeyId>> HostRecordStore::find_removed_key(ReadTx& tx, HostId host,
                                                                  const Digest& fingerprint)
{
    KS_TRY(const auto row, tx.query_one("SELECT ssh_key_id FROM host_removal WHERE host_id = $1 "
                                        "AND fingerprint = $2 AND ssh_key_id <> $3",
                                        host, fingerprint, kNoKey));
    return row ? std::optional(row->id<SshKeyId>(0)) : std::nullopt;
}

Result<bool> HostRecordStore::add_login(WriteTx& tx, const Login& login)
{
    KS_TRY(const int rows,
           tx.exec("INSERT INTO host_login (id, host_id, login_id, account_id, ssh_key_id, "
                   "fingerprint, login_user, address, began_at, host_name) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
                   "ON CONFLICT (host_id, login_id) DO NOTHING",
                   login.id, login.host, login.login_id, login.account, login.key,
                   login.fingerprint, login.login_user, login.address, login.began_at,
                   login.host_name));
    return rows == 1;
}

Result<void> HostRecordStore::end_login(ChangeTx& tx, HostId host, std::string_view login_id,
                                        Instant at, EndedBy by)
{
    return done(tx.exec("UPDATE host_login SET ended_at = $3, ended_by = $4 "
                        "WHERE host_id = $1 AND login_id = $2 AND ended_at IS NULL",
                        host, login_id, at, by));
}

Result<void> HostRecordStore::end_logins(ChangeTx& tx, HostId host, Instant at, EndedBy by)
{
    return done(tx.exec("UPDATE host_login SET ended_at = $2, ended_by = $3 "
                        "WHERE host_id = $1 AND ended_at IS NULL",
                        host, at, by));
}

Result<void> HostRecordStore::keep_newest_logins(ChangeTx& tx, HostId host, int at_most)
{
    return done(tx.exec("DELETE FROM host_login WHERE host_id = $1 AND id <= "
                        "(SELECT id FROM host_login WHERE host_id = $1 "
                        "ORDER BY id DESC LIMIT 1 OFFSET $2)",
                        host, at_most));
}

Result<int> HostRecordStore::remove_logins_before(ChangeTx& tx, Instant before)
{
    return tx.exec("DELETE FROM host_login WHERE began_at < $1", before);
}

Result<std::vector<Login>> HostRecordStore::list_logins(ReadTx& tx, HostId host,
                                                        std::optional<HostLoginId> before,
                                                        int limit)
{
    static const std::string all = kSelect + "WHERE host_id = $1 ORDER BY id DESC LIMIT $2";
    static const std::string rest =
        kSelect + "WHERE host_id = $1 AND id < $3 ORDER BY id DESC LIMIT $2";
    KS_TRY(const auto rows,
           before ? tx.query(rest, host, limit, *before) : tx.query(all, host, limit));
    return logins_of(rows);
}

Result<std::vector<Login>> HostRecordStore::list_logins_of(ReadTx& tx, AccountId account,
                                                           SshKeyId key,
                                                           std::optional<HostLoginId> before,
                                                           int limit)
{
    static const std::string all =
        kSelect + "WHERE account_id = $1 AND ssh_key_id = $2 ORDER BY id DESC LIMIT $3";
    static const std::string rest =
        kSelect + "WHERE account_id = $1 AND ssh_key_id = $2 AND id < $4 ORDER BY id DESC LIMIT $3";
    KS_TRY(const auto rows, before ? tx.query(rest, account, key, limit, *before)
                                   : tx.query(all, account, key, limit));
    return logins_of(rows);
}

Result<std::vector<Login>> HostRecordStore::list_open_of(ReadTx& tx, AccountId account,
                                                         SshKeyId key, int limit)
{
    static const std::string sql = kSelect + "WHERE account_id = $1 AND ssh_key_id = $2 "
                                             "AND ended_at IS NULL ORDER BY id DESC LIMIT $3";
    KS_TRY(const auto rows, tx.query(sql, account, key, limit));
    return logins_of(rows);
}

Result<std::vector<Login>> HostRecordStore::list_logins_of_account(ReadTx& tx, AccountId account,
                                                                   int limit)
{
    static const std::string sql = kSelect + "WHERE account_id = $1 ORDER BY id DESC LIMIT $2";
    KS_TRY(const auto rows, tx.query(sql, account, limit));
    return logins_of(rows);
}

Result<std::map<HostId, std::int64_t>> HostRecordStore::count_open(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto rows,
           tx.query("SELECT l.host_id, COUNT(*) FROM host_login l JOIN host h ON h.id = l.host_id "
                    "WHERE h.account_id = $1 AND l.ended_at IS NULL GROUP BY l.host_id",
                    account));
    return counts_of(rows);
}

Result<void> HostRecordStore::forget_host(WriteTx& tx, HostId host, Instant now)
{
    KS_CHECK(done(tx.exec("DELETE FROM host_removal WHERE host_id = $1", host)));
    return end_logins(tx, host, now, EndedBy::HostGone);
}

Result<void> HostRecordStore::erase(WriteTx& tx, AccountId account)
{
    KS_CHECK(done(tx.exec("DELETE FROM host_removal WHERE account_id = $1", account)));
    return done(tx.exec("DELETE FROM host_login WHERE account_id = $1", account));
}

} // namespace keystead::host
