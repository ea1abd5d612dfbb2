#include "features/session/session_store.h"

#include "storage/rows.h"

#include <string>

namespace keystead::session {
namespace {

using storage::digests_of;

// Sessions together with their last activity; the columns stand in the order of session_of().
const std::string kSelect =
    "SELECT s.id, s.account_id, s.token_digest, s.created_at, s.authenticated_at, "
    "COALESCE(a.last_active_at, s.created_at), s.expires_at, s.idle_timeout, s.remembered, "
    "s.shared_device, s.must_authenticate, s.methods, s.ip, s.place_kind, s.country_code, "
    "s.city, s.device_kind, s.browser, s.browser_version, s.system, s.device_known_since "
    "FROM session s LEFT JOIN session_activity a ON a.session_id = s.id ";
// Not over at $2.
const std::string kLive =
    "(s.expires_at IS NULL OR s.expires_at > $2) AND (s.idle_timeout IS NULL OR "
    "COALESCE(a.last_active_at, s.created_at) + s.idle_timeout > $2) ";

DeviceTrust trust_of(bool remembered, bool shared)
{
    if (shared) {
        return DeviceTrust::Shared;
    }
    return remembered ? DeviceTrust::Remembered : DeviceTrust::Own;
}

Session session_of(const Row& row)
{
    Session session;
    session.id = row.id<SessionId>(0);
    session.account = row.id<AccountId>(1);
    session.token_digest = row.digest(2);
    session.created_at = row.time(3);
    session.authenticated_at = row.time(4);
    session.last_active_at = row.time(5);
    session.expires_at = row.optional_time(6);
    if (const auto idle = row.optional_integer(7)) {
        session.idle_timeout = std::chrono::microseconds{*idle};
    }
    session.trust = trust_of(row.flag(8), row.flag(9));
    session.must_authenticate = row.flag(10);
    session.methods = Methods::from_stored(row.text(11));
    session.origin = {.ip = row.text(12),
                      .place_kind = row.integer(13),
                      .country_code = row.text(14),
                      .city = row.text(15),
                      .device_kind = row.integer(16),
                      .browser = row.text(17),
                      .browser_version = row.text(18),
                      .system = row.text(19)};
    session.device_known_since = row.optional_time(20);
    return session;
}

std::optional<Session> session_of(const std::optional<Row>& row)
{
    return row ? std::optional(session_of(*row)) : std::nullopt;
}

std::vector<Session> sessions_of(const Rows& rows)
{
    std::vector<Session> list;
    list.reserve(rows.size());
    for (const Row& row : rows) {
        list.push_back(session_of(row));
    }
    return list;
}

std::optional<std::int64_t> micros_of(const std::optional<std::chrono::microseconds>& duration)
{
    return duration ? std::optional<std::int64_t>(duration->count()) : std::nullopt;
}

} // namespace

Result<void> SessionStore::insert(WriteTx& tx, const Session& session)
{
    KS_TRY(
        [[maybe_unused]] const int rows,
        tx.exec(
            "INSERT INTO session (id, account_id, token_digest, created_at, authenticated_at, "
            "expires_at, "
            "idle_timeout, remembered, shared_device, must_authenticate, methods, ip, place_kind, "
            "country_code, city, device_kind, browser, browser_version, system, "
            "device_known_since) VALUES "
            "($1, $2, $3, $4, $5, $6, $7, $8, $9, $19, $10, $11, $12, $13, $14, $15, $16, $17, "
            "$18, $20)",
            session.id, session.account, session.token_digest, session.created_at,
            session.authenticated_at, session.expires_at, micros_of(session.idle_timeout),
            session.trust == DeviceTrust::Remembered, session.trust == DeviceTrust::Shared,
            session.methods.stored(), session.origin.ip, session.origin.place_kind,
            session.origin.country_code, session.origin.city, session.origin.device_kind,
            session.origin.browser, session.origin.browser_version, session.origin.system,
            session.must_authenticate, session.device_known_since));
    return {};
}

Result<std::optional<Session>> SessionStore::find_by_token(ReadTx& tx, const Digest& token)
{
    static const std::string sql = kSelect + "WHERE s.token_digest = $1";
    KS_TRY(const auto row, tx.query_one(sql, token));
    return session_of(row);
}

Result<std::optional<Session>> SessionStore::find(ReadTx& tx, AccountId account, SessionId id)
{
    static const std::string sql = kSelect + "WHERE s.account_id = $1 AND s.id = $2";
    KS_TRY(const auto row, tx.query_one(sql, account, id));
    return session_of(row);
}

Result<std::vector<Session>> SessionStore::list(ReadTx& tx, AccountId account, int limit)
{
    static const std::string sql = kSelect + "WHERE s.account_id = $1 ORDER BY s.id DESC LIMIT $2";
    KS_TRY(const auto rows, tx.query(sql, account, limit));
    return sessions_of(rows);
}

Result<std::int64_t> SessionStore::count_live(ReadTx& tx, AccountId account, Instant now)
{
    static const std::string sql =
        "SELECT COUNT(*) FROM session s LEFT JOIN session_activity a ON a.session_id = s.id "
        "WHERE s.account_id = $1 AND " +
        kLive;
    KS_TRY(const auto row, tx.query_one(sql, account, now));
    return row->integer(0);
}

Result<std::optional<Session>> SessionStore::find_stalest(ReadTx& tx, AccountId account,
                                                          Instant now)
{
    static const std::string sql =
        kSelect + "WHERE s.account_id = $1 AND " + kLive +
        "ORDER BY COALESCE(a.last_active_at, s.created_at), s.id LIMIT 1";
    KS_TRY(const auto row, tx.query_one(sql, account, now));
    return session_of(row);
}

Result<bool> SessionStore::replace_token(WriteTx& tx, const Session& renewed,
                                         const Digest& old_token)
{
    KS_TRY(const int rows,
           tx.exec("UPDATE session SET token_digest = $3, authenticated_at = $4, methods = $5, "
                   "must_authenticate = $6 WHERE id = $1 AND token_digest = $2",
                   renewed.id, old_token, renewed.token_digest, renewed.authenticated_at,
                   renewed.methods.stored(), renewed.must_authenticate));
    return rows == 1;
}

Result<void> SessionStore::set_device_known_since(WriteTx& tx, SessionId id, Instant since)
{
    KS_CHECK(tx.exec("UPDATE session SET device_known_since = $2 WHERE id = $1", id, since));
    return {};
}

Result<std::optional<Digest>> SessionStore::set_must_authenticate(WriteTx& tx, AccountId account,
                                                                  SessionId id)
{
    KS_TRY(
        const auto row,
        tx.query_one("UPDATE session SET must_authenticate = 1 WHERE account_id = $1 AND id = $2 "
                     "RETURNING token_digest",
                     account, id));
    return row ? std::optional(row->digest(0)) : std::nullopt;
}

Result<std::optional<Digest>> SessionStore::remove(WriteTx& tx, AccountId account, SessionId id)
{
    KS_TRY(
        const auto row,
        tx.query_one("DELETE FROM session WHERE account_id = $1 AND id = $2 RETURNING token_digest",
                     account, id));
    return row ? std::optional(row->digest(0)) : std::nullopt;
}

Result<std::vector<Digest>> SessionStore::remove_others(WriteTx& tx, AccountId account,
                                                        SessionId kept)
{
    KS_TRY(const auto rows,
           tx.query("DELETE FROM session WHERE account_id = $1 AND id <> $2 RETURNING token_digest",
                    account, kept));
    return digests_of(rows);
}

Result<std::vector<SessionStore::Removed>> SessionStore::remove_unfamiliar(WriteTx& tx,
                                                                           AccountId account,
                                                                           SessionId named,
                                                                           Instant since)
{
    KS_TRY(const auto rows,
           tx.query("DELETE FROM session WHERE account_id = $1 AND (id = $2 "
                    "OR device_known_since IS NULL OR device_known_since >= $3 "
                    "OR device_known_since = (SELECT s.device_known_since FROM session s "
                    "WHERE s.id = $2 AND s.account_id = $1)) RETURNING id, token_digest",
                    account, named, since));
    std::vector<Removed> removed;
    removed.reserve(rows.size());
    for (const Row& row : rows) {
        removed.push_back({row.id<SessionId>(0), row.digest(1)});
    }
    return removed;
}

Result<std::vector<Digest>> SessionStore::remove_all(WriteTx& tx, AccountId account)
{
    KS_TRY(const auto rows,
           tx.query("DELETE FROM session WHERE account_id = $1 RETURNING token_digest", account));
    return digests_of(rows);
}

Result<std::vector<Digest>> SessionStore::remove_begun_after(WriteTx& tx, Instant moment)
{
    KS_TRY(const auto rows, tx.query("DELETE FROM session WHERE created_at > $1 OR "
                                     "authenticated_at > $1 RETURNING token_digest",
                                     moment));
    return digests_of(rows);
}

Result<void> SessionStore::make_stale(WriteTx& tx, Instant from, Instant to)
{
    KS_CHECK(tx.exec("UPDATE session SET authenticated_at = $1 WHERE authenticated_at > $1 AND "
                     "authenticated_at <= $2",
                     from, to));
    return {};
}

Result<void> SessionStore::bound_activity(WriteTx& tx, Instant moment)
{
    KS_CHECK(tx.exec("UPDATE session_activity SET last_active_at = $1 WHERE last_active_at > $1",
                     moment));
    return {};
}

Result<int> SessionStore::remove_of_everyone(WriteTx& tx)
{
    return tx.exec("DELETE FROM session");
}

Result<std::vector<Digest>> SessionStore::list_tokens(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto rows,
           tx.query("SELECT token_digest FROM session WHERE account_id = $1", account));
    return digests_of(rows);
}

Result<void> SessionStore::record_activity(UpkeepTx& tx, SessionId id, Instant last_active_at)
{
    KS_TRY(
        [[maybe_unused]] const int rows,
        tx.exec("INSERT INTO session_activity (session_id, last_active_at) VALUES ($1, $2) "
                "ON CONFLICT (session_id) DO UPDATE SET last_active_at = excluded.last_active_at "
                "WHERE session_activity.last_active_at < excluded.last_active_at",
                id, last_active_at));
    return {};
}

Result<SessionSlice> SessionStore::slice_after(ReadTx& tx, SessionId after, int sessions)
{
    KS_TRY(const auto row,
           tx.query_one("SELECT id FROM session WHERE id > $1 ORDER BY id LIMIT 1 OFFSET $2", after,
                        sessions - 1));
    if (row) {
        return SessionSlice{after, row->id<SessionId>(0), false};
    }
    IdBytes greatest;
    greatest.fill(std::byte{0xff}); // No UUIDv7 is as great.
    return SessionSlice{after, SessionId{greatest}, true};
}

Result<std::vector<Session>> SessionStore::list_idle(ReadTx& tx, const SessionSlice& slice,
                                                     Instant now, int limit)
{
    static const std::string sql =
        kSelect + "WHERE s.id > $1 AND s.id <= $2 AND s.idle_timeout IS NOT NULL AND "
                  "COALESCE(a.last_active_at, s.created_at) + s.idle_timeout <= $3 "
                  "ORDER BY s.id LIMIT $4";
    KS_TRY(const auto rows, tx.query(sql, slice.after, slice.last, now, limit));
    return sessions_of(rows);
}

Result<std::vector<Session>> SessionStore::list_expired(ReadTx& tx, Instant now, int limit)
{
    static const std::string sql = kSelect + "WHERE s.expires_at <= $1 LIMIT $2";
    KS_TRY(const auto rows, tx.query(sql, now, limit));
    return sessions_of(rows);
}

Result<void> SessionStore::sweep_activity(UpkeepTx& tx, const SessionSlice& slice)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("DELETE FROM session_activity WHERE session_id > $1 AND session_id <= $2 AND "
                   "NOT EXISTS (SELECT 1 FROM session WHERE id = session_activity.session_id)",
                   slice.after, slice.last));
    return {};
}

} // namespace keystead::session
