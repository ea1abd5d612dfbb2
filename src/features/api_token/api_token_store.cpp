#include "features/api_token/api_token_store.h"

#include "storage/rows.h"

namespace keystead::api_token {
namespace {

using storage::digests_of;

// The columns stand in the order of token_of().
const std::string kColumns =
    "t.id, t.account_id, t.name, t.kind, t.permissions, t.addresses, t.created_at, t.created_in, "
    "t.expires_at, t.suspended_at";
constexpr std::size_t kColumnCount = 10;

ApiToken token_of(const Row& row)
{
    ApiToken token;
    token.id = row.id<TokenId>(0);
    token.account = row.id<AccountId>(1);
    token.name = row.text(2);
    token.kind = static_cast<Kind>(row.integer(3));
    token.permissions = PermissionSet::from_bits(static_cast<std::uint64_t>(row.integer(4)));
    token.addresses = ranges_from_stored(row.text(5));
    token.created_at = row.time(6);
    token.created_in = row.optional_id<SessionId>(7);
    token.expires_at = row.optional_time(8);
    token.suspended_at = row.optional_time(9);
    return token;
}

std::vector<AccountId> accounts_of(const Rows& rows)
{
    std::vector<AccountId> list;
    list.reserve(rows.size());
    for (const Row& row : rows) {
        list.push_back(row.id<AccountId>(0));
    }
    return list;
}

} // namespace

Result<void> ApiTokenStore::insert(WriteTx& tx, const ApiToken& token)
{
    KS_TRY(
        [[maybe_unused]] const int rows,
        tx.exec("INSERT INTO api_token (id, account_id, name, kind, permissions, addresses, "
                "created_at, created_in, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                token.id, token.account, token.name, token.kind, token.permissions.bits(),
                stored_ranges(token.addresses), token.created_at, token.created_in,
                token.expires_at));
    return {};
}

Result<void> ApiTokenStore::insert_secret(WriteTx& tx, TokenId token, const Digest& digest,
                                          Instant now)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("INSERT INTO api_token_secret (token_digest, token_id, created_at) "
                   "VALUES ($1, $2, $3)",
                   digest, token, now));
    return {};
}

Result<std::int64_t> ApiTokenStore::count_live(ReadTx& tx, AccountId account, Instant now)
{
    KS_TRY(const auto row, tx.query_one("SELECT COUNT(*) FROM api_token WHERE account_id = $1 AND "
                                        "(expires_at IS NULL OR expires_at > $2)",
                                        account, now));
    return row->integer(0);
}

Result<std::optional<ApiToken>> ApiTokenStore::find(ReadTx& tx, AccountId account, TokenId id)
{
    static const std::string sql =
        "SELECT " + kColumns + " FROM api_token t WHERE t.account_id = $1 AND t.id = $2";
    KS_TRY(const auto row, tx.query_one(sql, account, id));
    return row ? std::optional(token_of(*row)) : std::nullopt;
}

Result<std::optional<Held>> ApiTokenStore::find_by_digest(ReadTx& tx, const Digest& digest)
{
    static const std::string sql =
        "SELECT " + kColumns +
        ", s.token_digest, s.ends_at FROM api_token_secret s JOIN api_token t ON t.id = s.token_id "
        "WHERE s.token_digest = $1";
    KS_TRY(const auto row, tx.query_one(sql, digest));
    if (!row) {
        return std::optional<Held>{};
    }
    return std::optional(
        Held{token_of(*row), {row->digest(kColumnCount), row->optional_time(kColumnCount + 1)}});
}

Result<std::vector<Secretless>> ApiTokenStore::list_secrets(ReadTx& tx, TokenId id)
{
    KS_TRY(const auto rows,
           tx.query("SELECT token_digest, ends_at FROM api_token_secret WHERE token_id = $1", id));
    std::vector<Secretless> list;
    for (const Row& row : rows) {
        list.push_back({row.digest(0), row.optional_time(1)});
    }
    return list;
}

Result<std::vector<Listed>> ApiTokenStore::list(ReadTx& tx, AccountId account, int limit)
{
    static const std::string sql =
        "SELECT " + kColumns +
        ", s.ends_at, u.last_used_at, u.ip, u.place_kind, u.country_code, u.city "
        "FROM api_token t LEFT JOIN api_token_use u ON u.token_id = t.id "
        "LEFT JOIN api_token_secret s ON s.token_id = t.id AND s.ends_at IS NOT NULL "
        "WHERE t.account_id = $1 ORDER BY t.id DESC LIMIT $2";
    KS_TRY(const auto rows, tx.query(sql, account, limit));
    std::vector<Listed> list;
    for (const Row& row : rows) {
        Listed listed{.token = token_of(row),
                      .old_secret_ends_at = row.optional_time(kColumnCount),
                      .last_use = std::nullopt};
        if (!row.is_null(kColumnCount + 1)) {
            listed.last_use = LastUse{.at = row.time(kColumnCount + 1),
                                      .ip = row.text(kColumnCount + 2),
                                      .place_kind = row.integer(kColumnCount + 3),
                                      .country_code = row.text(kColumnCount + 4),
                                      .city = row.text(kColumnCount + 5)};
        }
        list.push_back(std::move(listed));
    }
    return list;
}

Result<std::vector<ApiToken>> ApiTokenStore::list_over(ReadTx& tx, Instant expired_before,
                                                       int limit)
{
    static const std::string sql =
        "SELECT " + kColumns + " FROM api_token t WHERE t.expires_at < $1 LIMIT $2";
    KS_TRY(const auto rows, tx.query(sql, expired_before, limit));
    std::vector<ApiToken> list;
    for (const Row& row : rows) {
        list.push_back(token_of(row));
    }
    return list;
}

Result<std::vector<TokenId>> ApiTokenStore::list_made_in(ReadTx& tx, AccountId account,
                                                         SessionId session)
{
    KS_TRY(const auto rows,
           tx.query("SELECT id FROM api_token WHERE account_id = $1 AND created_in = $2", account,
                    session));
    std::vector<TokenId> list;
    for (const Row& row : rows) {
        list.push_back(row.id<TokenId>(0));
    }
    return list;
}

Result<std::vector<Digest>> ApiTokenStore::list_digests(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto rows,
           tx.query("SELECT s.token_digest FROM api_token_secret s JOIN api_token t "
                    "ON t.id = s.token_id WHERE t.account_id = $1",
                    account));
    return digests_of(rows);
}

Result<std::vector<Digest>> ApiTokenStore::list_all_digests(ReadTx& tx)
{
    KS_TRY(const auto rows, tx.query("SELECT token_digest FROM api_token_secret"));
    return digests_of(rows);
}

Result<void> ApiTokenStore::end_current_secret(WriteTx& tx, TokenId id, Instant ends_at)
{
    KS_TRY(
        [[maybe_unused]] const int rows,
        tx.exec("UPDATE api_token_secret SET ends_at = $2 WHERE token_id = $1 AND ends_at IS NULL",
                id, ends_at));
    return {};
}

Result<void> ApiTokenStore::remove_secret(WriteTx& tx, const Digest& digest)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("DELETE FROM api_token_secret WHERE token_digest = $1", digest));
    return {};
}

Result<bool> ApiTokenStore::remove(WriteTx& tx, AccountId account, TokenId id)
{
    KS_TRY(const int rows,
           tx.exec("DELETE FROM api_token WHERE account_id = $1 AND id = $2", account, id));
    return rows == 1;
}

Result<std::vector<Digest>> ApiTokenStore::remove_secrets(WriteTx& tx, TokenId id)
{
    KS_TRY(const auto rows,
           tx.query("DELETE FROM api_token_secret WHERE token_id = $1 RETURNING token_digest", id));
    return digests_of(rows);
}

Result<int> ApiTokenStore::suspend_all(WriteTx& tx, Instant now)
{
    return tx.exec("UPDATE api_token SET suspended_at = $1 WHERE suspended_at IS NULL", now);
}

Result<int> ApiTokenStore::suspend_of(WriteTx& tx, AccountId account, Instant now)
{
    return tx.exec("UPDATE api_token SET suspended_at = $2 WHERE account_id = $1 AND suspended_at "
                   "IS NULL AND (expires_at IS NULL OR expires_at > $2)",
                   account, now);
}

Result<std::vector<AccountId>> ApiTokenStore::list_suspended_accounts(ReadTx& tx, AccountId after,
                                                                      int limit)
{
    KS_TRY(const Rows rows,
           tx.query("SELECT DISTINCT account_id FROM api_token WHERE suspended_at IS NOT NULL "
                    "AND account_id > $1 ORDER BY account_id LIMIT $2",
                    after, limit));
    return accounts_of(rows);
}

Result<std::vector<AccountId>> ApiTokenStore::suspend_expired(WriteTx& tx, const SetBack& clock)
{
    KS_TRY(const auto rows,
           tx.query("UPDATE api_token SET suspended_at = $2 WHERE suspended_at IS NULL AND "
                    "expires_at <= $1 AND expires_at > $2 RETURNING account_id",
                    clock.seen, clock.wall));
    return accounts_of(rows);
}

Result<void> ApiTokenStore::remove_ended_secrets(WriteTx& tx, Instant moment)
{
    KS_CHECK(tx.exec("DELETE FROM api_token_secret WHERE ends_at <= $1", moment));
    return {};
}

Result<void> ApiTokenStore::rebase(WriteTx& tx, Instant moment)
{
    // The old secret's end was set when the new one was made.
    KS_CHECK(tx.exec("UPDATE api_token_secret SET ends_at = ends_at - ((SELECT made.created_at "
                     "FROM api_token_secret made WHERE made.token_id = api_token_secret.token_id "
                     "AND made.ends_at IS NULL) - $1) WHERE ends_at IS NOT NULL AND token_id IN "
                     "(SELECT made.token_id FROM api_token_secret made WHERE made.ends_at IS NULL "
                     "AND made.created_at > $1)",
                     moment));
    KS_CHECK(tx.exec("UPDATE api_token_secret SET created_at = $1 WHERE created_at > $1", moment));
    KS_CHECK(tx.exec("UPDATE api_token SET expires_at = expires_at - (created_at - $1), "
                     "created_at = $1 WHERE created_at > $1",
                     moment));
    KS_CHECK(tx.exec("UPDATE api_token_use SET last_used_at = $1 WHERE last_used_at > $1", moment));
    return {};
}

Result<bool> ApiTokenStore::confirm(WriteTx& tx, AccountId account, TokenId id)
{
    KS_TRY(const int rows, tx.exec("UPDATE api_token SET suspended_at = NULL WHERE account_id = $1 "
                                   "AND id = $2 AND suspended_at IS NOT NULL",
                                   account, id));
    return rows == 1;
}

Result<std::vector<Counted>> ApiTokenStore::list_days(ReadTx& tx, AccountId account,
                                                      std::int64_t since_day)
{
    KS_TRY(const auto rows,
           tx.query("SELECT d.token_id, d.day, d.use_kind, d.uses FROM api_token_day d "
                    "JOIN api_token t ON t.id = d.token_id WHERE t.account_id = $1 AND d.day >= $2",
                    account, since_day));
    std::vector<Counted> list;
    list.reserve(rows.size());
    for (const Row& row : rows) {
        list.push_back({row.id<TokenId>(0), row.integer(1), static_cast<TokenUse>(row.integer(2)),
                        row.integer(3)});
    }
    return list;
}

Result<void> ApiTokenStore::record_use(UpkeepTx& tx, TokenId id, const LastUse& use)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("INSERT INTO api_token_use (token_id, last_used_at, ip, place_kind, "
                   "country_code, city) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (token_id) "
                   "DO UPDATE SET last_used_at = excluded.last_used_at, ip = excluded.ip, "
                   "place_kind = excluded.place_kind, country_code = excluded.country_code, "
                   "city = excluded.city WHERE api_token_use.last_used_at < excluded.last_used_at",
                   id, use.at, use.ip, use.place_kind, use.country_code, use.city));
    return {};
}

Result<void> ApiTokenStore::add_uses(UpkeepTx& tx, const Counted& counted)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("INSERT INTO api_token_day (token_id, day, use_kind, uses) "
                   "VALUES ($1, $2, $3, $4) ON CONFLICT (token_id, day, use_kind) "
                   "DO UPDATE SET uses = api_token_day.uses + excluded.uses",
                   counted.token, counted.day, counted.kind, counted.uses));
    return {};
}

Result<void> ApiTokenStore::sweep_uses(UpkeepTx& tx, std::int64_t before_day)
{
    KS_TRY([[maybe_unused]] const int days,
           tx.exec("DELETE FROM api_token_day WHERE day < $1 OR token_id NOT IN "
                   "(SELECT id FROM api_token)",
                   before_day));
    KS_TRY([[maybe_unused]] const int uses,
           tx.exec("DELETE FROM api_token_use WHERE token_id NOT IN (SELECT id FROM api_token)"));
    return {};
}

} // namespace keystead::api_token
