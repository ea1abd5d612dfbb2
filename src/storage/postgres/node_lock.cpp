#include "storage/postgres/node_lock.h"

namespace keystead::storage {
namespace {

// One key a schema: test databases, and several installations in one database, do not meet.
constexpr std::string_view kTake = "SELECT pg_try_advisory_lock(hashtextextended('keystead node ' "
                                   "|| coalesce(current_schema(), ''), 0))";
constexpr std::string_view kHolder =
    "WITH k AS (SELECT hashtextextended('keystead node ' || coalesce(current_schema(), ''), 0) AS "
    "key) "
    "SELECT a.pid, coalesce(host(a.client_addr), 'this machine') "
    "FROM k, pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
    "AND l.classid::bigint = (k.key >> 32) & 4294967295 AND l.objid::bigint = k.key & 4294967295 "
    "LIMIT 1";
// Never one that was there before: a back-up would bring back a count that a node still trusts.
constexpr std::string_view kBeginTerm =
    "INSERT INTO node (name, value, noted_at) "
    "VALUES ('term', hashtextextended(gen_random_uuid()::text, 0), $1) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value, noted_at = $1 RETURNING value";
constexpr std::string_view kReadTerm = "SELECT value FROM node WHERE name = 'term'";

Error lock_lost(std::string cause)
{
    return {
        ErrorKind::Unavailable, "storage/lock-lost", {}, std::move(cause), std::chrono::seconds{5}};
}

} // namespace

Result<void> NodeLock::acquire()
{
    const std::lock_guard lock(mutex_);
    KS_TRY(auto connection, PgConnection::open(target_));
    const auto asked_at = clock_.since_boot();
    KS_CHECK(take(*connection));
    connection_ = std::move(connection);
    trust(asked_at);
    return {};
}

// From before the question was sent: how long the answer was under way nobody knows.
void NodeLock::trust(std::chrono::microseconds asked_at)
{
    trusted_until_us_ = (asked_at + kTrust).count();
    held_ = true;
}

Result<void> NodeLock::take(PgConnection& connection)
{
    KS_TRY(const auto taken, connection.run(kTake, {}));
    if (taken.rows.front().flag(0)) {
        return {};
    }
    KS_TRY(const auto holder, connection.run(kHolder, {}));
    std::string who = "unknown";
    if (!holder.rows.empty()) {
        who = holder.rows.front().text(1) + ", server process " +
              std::to_string(holder.rows.front().integer(0));
    }
    return Error{.kind = ErrorKind::Conflict,
                 .code = "storage/locked",
                 .detail = "Another node (" + who +
                           ") is using this database. One database serves one node."};
}

Result<void> NodeLock::release()
{
    const std::lock_guard lock(mutex_);
    held_ = false;
    KS_TRY([[maybe_unused]] const auto given,
           connection_->run("SELECT pg_advisory_unlock_all()", {}));
    connection_.reset();
    return {};
}

Result<void> NodeLock::begin_term(Instant now)
{
    const std::lock_guard lock(mutex_);
    const SqlParam params[] = {now};
    KS_TRY(const auto outcome, connection_->run(kBeginTerm, params));
    term_ = outcome.rows.front().integer(0);
    return {};
}

Result<void> NodeLock::verify()
{
    const std::lock_guard lock(mutex_);
    const auto asked_at = clock_.since_boot();
    if (connection_ && connection_->run(kReadTerm, {})) {
        trust(asked_at);
        return {};
    }
    held_ = false;
    connection_.reset();
    return take_again();
}

Result<void> NodeLock::take_again()
{
    auto opened = PgConnection::open(target_);
    if (!opened) {
        return lock_lost(opened.error().cause);
    }
    auto connection = *std::move(opened);
    const auto asked_at = clock_.since_boot();
    if (const auto taken = take(*connection); !taken) {
        return lock_lost(taken.error().detail + taken.error().cause);
    }
    const auto term = connection->run(kReadTerm, {});
    if (!term) {
        return lock_lost(term.error().cause);
    }
    if (term->rows.size() != 1 || term->rows.front().integer(0) != term_) {
        return lock_lost(
            "another node has used the database meanwhile; this one has to be started anew");
    }
    connection_ = std::move(connection);
    trust(asked_at);
    return {};
}

} // namespace keystead::storage
