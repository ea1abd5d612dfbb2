#include "features/host/host_store.h"

#include "storage/rows.h"

#include <utility>

namespace keystead::host {
namespace {

using storage::digests_of;
using storage::done;

constexpr int kIdentityMax = 16;

// The columns stand in the order of host_of().
const std::string kSelect =
    "SELECT h.id, h.account_id, h.name, h.login_users, h.keys_chosen, h.created_at, h.created_by, "
    "h.enrolment_ends_at, h.enrolled_at, h.agent_version, h.machine_name, h.suspended_at, "
    "s.seen_at, s.confirmed_at, h.token_digest FROM host h LEFT JOIN host_seen s ON s.host_id = "
    "h.id ";

Host host_of(const Row& row)
{
    return {.id = row.id<HostId>(0),
            .account = row.id<AccountId>(1),
            .name = row.text(2),
            .login_users = split_users(row.text(3)),
            .keys = static_cast<KeyChoice>(row.integer(4)),
            .created_at = row.time(5),
            .created_by = static_cast<CreatedBy>(row.integer(6)),
            .enrolment_ends_at = row.optional_time(7),
            .enrolled_at = row.optional_time(8),
            .agent_version = row.optional_text(9),
            .machine_name = row.optional_text(10),
            .suspended_at = row.optional_time(11),
            .seen_at = row.optional_time(12),
            .confirmed_at = row.optional_time(13),
            .token = row.is_null(14) ? std::nullopt : std::optional(row.digest(14))};
}

std::vector<Host> hosts_of(const Rows& rows)
{
    std::vector<Host> list;
    list.reserve(rows.size());
    for (const Row& row : rows) {
        list.push_back(host_of(row));
    }
    return list;
}

std::optional<Holder> holder_of(const std::optional<Row>& row)
{
    return row ? std::optional(Holder{row->id<HostId>(0), row->id<AccountId>(1)}) : std::nullopt;
}

} // namespace

Result<void> HostStore::insert(WriteTx& tx, const Host& host, const Digest& enrolment)
{
    return done(tx.exec("INSERT INTO host (id, account_id, name, login_users, keys_chosen, "
                        "created_at, created_by, enrolment_digest, enrolment_ends_at) "
                        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                        host.id, host.account, host.name, join_users(host.login_users), host.keys,
                        host.created_at, host.created_by, enrolment, host.enrolment_ends_at));
}

Result<std::int64_t> HostStore::count(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto row,
           tx.query_one("SELECT COUNT(*) FROM host WHERE account_id = $1", account));
    return row->integer(0);
}

Result<std::optional<Host>> HostStore::find(ReadTx& tx, HostId id)
{
    static const std::string sql = kSelect + "WHERE h.id = $1";
    KS_TRY(const auto row, tx.query_one(sql, id));
    return row ? std::optional(host_of(*row)) : std::nullopt;
}

Result<std::vector<Host>> HostStore::list(ReadTx& tx, AccountId account,
                                          std::optional<HostId> before, int limit)
{
    static const std::string all = kSelect + "WHERE h.account_id = $1 ORDER BY h.id DESC LIMIT $2";
    static const std::string rest =
        kSelect + "WHERE h.account_id = $1 AND h.id < $3 ORDER BY h.id DESC LIMIT $2";
    KS_TRY(const auto rows,
           before ? tx.query(rest, account, limit, *before) : tx.query(all, account, limit));
    return hosts_of(rows);
}

Result<std::vector<Host>> HostStore::list_all(ReadTx& tx, HostId after, int limit)
{
    static const std::string sql = kSelect + "WHERE h.id > $1 ORDER BY h.id LIMIT $2";
    KS_TRY(const auto rows, tx.query(sql, after, limit));
    return hosts_of(rows);
}

Result<void> HostStore::change(WriteTx& tx, const Host& host)
{
    return done(tx.exec("UPDATE host SET name = $2, login_users = $3, keys_chosen = $4 "
                        "WHERE id = $1",
                        host.id, host.name, join_users(host.login_users), host.keys));
}

Result<bool> HostStore::remove(WriteTx& tx, HostId id)
{
    KS_CHECK(forget_choice(tx, id));
    KS_CHECK(done(tx.exec("DELETE FROM host_identity WHERE host_id = $1", id)));
    KS_CHECK(done(tx.exec("DELETE FROM host_seen WHERE host_id = $1", id)));
    KS_TRY(const int rows, tx.exec("DELETE FROM host WHERE id = $1", id));
    return rows == 1;
}

Result<void> HostStore::erase(WriteTx& tx, AccountId account)
{
    KS_CHECK(done(tx.exec("DELETE FROM host_key WHERE host_id IN "
                          "(SELECT id FROM host WHERE account_id = $1)",
                          account)));
    KS_CHECK(done(tx.exec("DELETE FROM host_identity WHERE host_id IN "
                          "(SELECT id FROM host WHERE account_id = $1)",
                          account)));
    KS_CHECK(done(tx.exec("DELETE FROM host_seen WHERE host_id IN "
                          "(SELECT id FROM host WHERE account_id = $1)",
                          account)));
    return done(tx.exec("DELETE FROM host WHERE account_id = $1", account));
}

Result<void> HostStore::set_enrolment(WriteTx& tx, HostId id, const Digest& enrolment,
                                      Instant ends_at)
{
    return done(tx.exec("UPDATE host SET enrolment_digest = $2, enrolment_ends_at = $3, "
                        "token_digest = NULL, enrolled_at = NULL, agent_version = NULL, "
                        "machine_name = NULL, suspended_at = NULL WHERE id = $1",
                        id, enrolment, ends_at));
}

Result<bool> HostStore::enroll(WriteTx& tx, HostId id, const Digest& enrolment, const Digest& token,
                               const Enrolment& what, Instant now)
{
    KS_TRY(const int rows,
           tx.exec("UPDATE host SET enrolment_digest = NULL, enrolment_ends_at = NULL, "
                   "token_digest = $3, enrolled_at = $4, agent_version = $5, machine_name = $6 "
                   "WHERE id = $1 AND enrolment_digest = $2 AND enrolment_ends_at > $4",
                   id, enrolment, token, now, what.agent_version, what.machine_name));
    return rows == 1;
}

Result<void> HostStore::replace_identity(WriteTx& tx, HostId id,
                                         const std::vector<std::string>& keys)
{
    KS_CHECK(done(tx.exec("DELETE FROM host_identity WHERE host_id = $1", id)));
    for (std::size_t i = 0; i < keys.size(); ++i) {
        KS_CHECK(done(tx.exec("INSERT INTO host_identity (host_id, position, public_key) "
                              "VALUES ($1, $2, $3)",
                              id, i, keys[i])));
    }
    return {};
}

Result<std::vector<std::string>> HostStore::list_identity(ReadTx& tx, HostId id)
{
    KS_TRY(const auto rows, tx.query("SELECT public_key FROM host_identity WHERE host_id = $1 "
                                     "ORDER BY position LIMIT $2",
                                     id, kIdentityMax));
    std::vector<std::string> keys;
    for (const Row& row : rows) {
        keys.push_back(row.text(0));
    }
    return keys;
}

Result<std::optional<Holder>> HostStore::find_by_token(ReadTx& tx, const Digest& token)
{
    KS_TRY(const auto row,
           tx.query_one("SELECT id, account_id FROM host WHERE token_digest = $1", token));
    return holder_of(row);
}

Result<std::optional<Holder>> HostStore::find_by_enrolment(ReadTx& tx, const Digest& enrolment,
                                                           Instant now)
{
    KS_TRY(const auto row, tx.query_one("SELECT id, account_id FROM host "
                                        "WHERE enrolment_digest = $1 AND enrolment_ends_at > $2",
                                        enrolment, now));
    return holder_of(row);
}

Result<std::vector<Digest>> HostStore::list_tokens(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto rows, tx.query("SELECT token_digest FROM host WHERE account_id = $1 "
                                     "AND token_digest IS NOT NULL",
                                     account));
    return digests_of(rows);
}

Result<std::vector<Digest>> HostStore::list_all_tokens(ReadTx& tx)
{
    KS_TRY(const auto rows,
           tx.query("SELECT token_digest FROM host WHERE token_digest IS NOT NULL"));
    return digests_of(rows);
}

Result<int> HostStore::suspend_all(WriteTx& tx, Instant now)
{
    return tx.exec("UPDATE host SET suspended_at = $1 "
                   "WHERE suspended_at IS NULL AND token_digest IS NOT NULL",
                   now);
}

Result<int> HostStore::end_all_enrolments(WriteTx& tx)
{
    return tx.exec("UPDATE host SET enrolment_digest = NULL, enrolment_ends_at = NULL "
                   "WHERE enrolment_digest IS NOT NULL");
}

Result<void> HostStore::end_enrolments_of(WriteTx& tx, AccountId account)
{
    return done(tx.exec("UPDATE host SET enrolment_digest = NULL, enrolment_ends_at = NULL "
                        "WHERE account_id = $1 AND enrolment_digest IS NOT NULL",
                        account));
}

Result<void> HostStore::add_restore(WriteTx& tx, Instant made_at, Instant now)
{
    return done(tx.exec("INSERT INTO host_restore (restored_at, made_at) VALUES ($1, $2) "
                        "ON CONFLICT (restored_at) DO UPDATE SET made_at = excluded.made_at",
                        now, made_at));
}

Result<bool> HostStore::was_restored_over(ReadTx& tx, Instant from, Instant to)
{
    KS_TRY(const auto row, tx.query_one("SELECT 1 FROM host_restore WHERE restored_at >= $2 "
                                        "AND made_at <= $1 LIMIT 1",
                                        from, to));
    return row.has_value();
}

Result<bool> HostStore::confirm(WriteTx& tx, HostId id)
{
    KS_TRY(const int rows, tx.exec("UPDATE host SET suspended_at = NULL "
                                   "WHERE id = $1 AND suspended_at IS NOT NULL",
                                   id));
    return rows == 1;
}

Result<int> HostStore::end_enrolments(WriteTx& tx, Instant seen)
{
    return tx.exec("UPDATE host SET enrolment_digest = NULL, enrolment_ends_at = NULL "
                   "WHERE enrolment_ends_at <= $1",
                   seen);
}

Result<void> HostStore::bound_times(WriteTx& tx, Instant now, Instant enrolment_end)
{
    KS_CHECK(done(tx.exec("UPDATE host SET enrolment_ends_at = $1 WHERE enrolment_ends_at > $1",
                          enrolment_end)));
    return done(tx.exec("UPDATE host_seen SET seen_at = $1 WHERE seen_at > $1", now));
}

Result<std::vector<SshKeyId>> HostStore::list_chosen(ReadTx& tx, HostId id)
{
    KS_TRY(const auto rows,
           tx.query("SELECT ssh_key_id FROM host_key WHERE host_id = $1 ORDER BY ssh_key_id", id));
    std::vector<SshKeyId> keys;
    for (const Row& row : rows) {
        keys.push_back(row.id<SshKeyId>(0));
    }
    return keys;
}

Result<std::map<HostId, std::vector<SshKeyId>>> HostStore::list_chosen_of(ReadTx& tx,
                                                                          AccountId account)
{
    KS_TRY(const auto rows, tx.query("SELECT k.host_id, k.ssh_key_id FROM host_key k JOIN host h "
                                     "ON h.id = k.host_id WHERE h.account_id = $1 "
                                     "ORDER BY k.ssh_key_id",
                                     account));
    std::map<HostId, std::vector<SshKeyId>> chosen;
    for (const Row& row : rows) {
        chosen[row.id<HostId>(0)].push_back(row.id<SshKeyId>(1));
    }
    return chosen;
}

Result<void> HostStore::choose(WriteTx& tx, HostId id, SshKeyId key)
{
    return done(tx.exec("INSERT INTO host_key (host_id, ssh_key_id) VALUES ($1, $2) "
                        "ON CONFLICT (host_id, ssh_key_id) DO NOTHING",
                        id, key));
}

Result<void> HostStore::forget_choice(WriteTx& tx, HostId id)
{
    return done(tx.exec("DELETE FROM host_key WHERE host_id = $1", id));
}

Result<void> HostStore::forget_key(WriteTx& tx, SshKeyId key)
{
    return done(tx.exec("DELETE FROM host_key WHERE ssh_key_id = $1", key));
}

Result<void> HostStore::choose_beside(WriteTx& tx, SshKeyId old, SshKeyId next)
{
    return done(tx.exec("INSERT INTO host_key (host_id, ssh_key_id) "
                        "SELECT host_id, $2 FROM host_key WHERE ssh_key_id = $1",
                        old, next));
}

Result<void> HostStore::set_seen(ChangeTx& tx, HostId id, Instant at)
{
    return done(tx.exec("INSERT INTO host_seen (host_id, seen_at) "
                        "SELECT id, $2 FROM host WHERE id = $1 ON CONFLICT (host_id) DO UPDATE SET "
                        "seen_at = excluded.seen_at "
                        "WHERE host_seen.seen_at IS NULL OR host_seen.seen_at < excluded.seen_at",
                        id, at));
}

Result<void> HostStore::set_confirmed(ChangeTx& tx, HostId id, Instant at)
{
    return done(tx.exec("INSERT INTO host_seen (host_id, confirmed_at) "
                        "SELECT id, $2 FROM host WHERE id = $1 ON CONFLICT (host_id) "
                        "DO UPDATE SET confirmed_at = excluded.confirmed_at",
                        id, at));
}

Result<std::optional<StoredSigner>> HostStore::find_signer(ReadTx& tx)
{
    KS_TRY(const auto row, tx.query_one("SELECT public_key, sealed_seed FROM host_signer "
                                        "ORDER BY number DESC LIMIT 1"));
    return row ? std::optional(StoredSigner{row->bytes(0), row->bytes(1)}) : std::nullopt;
}

Result<void> HostStore::insert_signer(WriteTx& tx, const StoredSigner& signer, Instant now)
{
    return done(tx.exec("INSERT INTO host_signer (number, public_key, sealed_seed, created_at) "
                        "VALUES (1, $1, $2, $3) ON CONFLICT (number) DO NOTHING",
                        signer.public_key, signer.sealed_seed, now));
}

} // namespace keystead::host
