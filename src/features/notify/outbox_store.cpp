#include "features/notify/outbox_store.h"

#include "storage/rows.h"

#include <utility>

namespace keystead::notify {

namespace {

using storage::done;

/// For statements whose count of rows says nothing.
} // namespace

Result<void> OutboxStore::insert(ChangeTx& tx, const OutboxRow& row)
{
    return done(tx.exec(
        "INSERT INTO outbox (id, account_id, purpose, address_digest, state, created_at, due_at, "
        "attempts, payload, place) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)",
        row.id, row.account, row.purpose, row.address_digest, OutboxState::Waiting, row.created_at,
        row.due_at, row.payload, row.place));
}

Result<std::vector<OutboxRow>> OutboxStore::list_due(ReadTx& tx, Place place, Instant now,
                                                     std::uint32_t limit)
{
    KS_TRY(const Rows rows,
           tx.query("SELECT id, account_id, purpose, address_digest, created_at, due_at, "
                    "admitted_at, attempts, payload "
                    "FROM outbox WHERE state = $1 AND place = $2 AND due_at <= $3 "
                    "ORDER BY due_at, id LIMIT $4",
                    OutboxState::Waiting, place, now, limit));
    std::vector<OutboxRow> due;
    due.reserve(rows.size());
    for (const Row& row : rows) {
        due.push_back({.id = row.id<MessageId>(0),
                       .account = row.optional_id<AccountId>(1),
                       .purpose = static_cast<Purpose>(row.integer(2)),
                       .place = place,
                       .address_digest = row.digest(3),
                       .created_at = row.time(4),
                       .due_at = row.time(5),
                       .admitted_at = row.optional_time(6),
                       .attempts = static_cast<std::uint32_t>(row.integer(7)),
                       .payload = row.bytes(8)});
    }
    return due;
}

Result<std::int64_t> OutboxStore::count_admitted(ReadTx& tx, const Digest& address_digest,
                                                 Purpose purpose, Instant since)
{
    KS_TRY(const Rows rows,
           tx.query("SELECT count(*) FROM outbox WHERE address_digest = $1 AND purpose = $2 "
                    "AND admitted_at > $3",
                    address_digest, purpose, since));
    KS_ASSERT(rows.size() == 1);
    return rows.front().integer(0);
}

Result<std::int64_t> OutboxStore::count_admitted(ReadTx& tx, const Digest& address_digest,
                                                 Instant since)
{
    KS_TRY(const Rows rows, tx.query("SELECT count(*) FROM outbox WHERE address_digest = $1 "
                                     "AND admitted_at > $2",
                                     address_digest, since));
    KS_ASSERT(rows.size() == 1);
    return rows.front().integer(0);
}

Result<void> OutboxStore::set_place(ChangeTx& tx, MessageId id, Place place)
{
    return done(tx.exec("UPDATE outbox SET place = $2 WHERE id = $1", id, place));
}

Result<int> OutboxStore::release_claims(ChangeTx& tx, Instant now)
{
    return tx.exec("UPDATE outbox SET due_at = $1, claimed = 0 WHERE state = $2 AND claimed = 1",
                   now, OutboxState::Waiting);
}

Result<void> OutboxStore::lock_address(WriteTx& tx, const Digest& address_digest, Instant now)
{
    return done(tx.exec("INSERT INTO outbox_recipient (address_digest, asked_at) VALUES ($1, $2) "
                        "ON CONFLICT (address_digest) DO UPDATE SET asked_at = $2",
                        address_digest, now));
}

Result<RecentLinks> OutboxStore::count_links(ReadTx& tx, const Digest& address_digest,
                                             Purpose purpose, Purpose otherwise, AccountId asked_by,
                                             Instant since)
{
    KS_TRY(const Rows rows,
           tx.query("SELECT count(*), coalesce(sum(CASE WHEN account_id = $4 THEN 1 ELSE 0 END), "
                    "0), max(created_at) FROM outbox WHERE address_digest = $1 "
                    "AND purpose IN ($2, $3) AND created_at > $5",
                    address_digest, purpose, otherwise, asked_by, since));
    const Row& row = rows.front();
    return RecentLinks{
        .all = row.integer(0), .own = row.integer(1), .newest = row.optional_time(2)};
}

Result<void> OutboxStore::delete_addresses_before(ChangeTx& tx, Instant before)
{
    return done(tx.exec("DELETE FROM outbox_recipient WHERE asked_at < $1", before));
}

Result<bool> OutboxStore::claim(ChangeTx& tx, MessageId id, Instant now, Instant due_at)
{
    KS_TRY(const int rows, tx.exec("UPDATE outbox SET attempts = attempts + 1, admitted_at = "
                                   "coalesce(admitted_at, $2), due_at = $3, claimed = 1 "
                                   "WHERE id = $1 AND state = $4 AND due_at <= $2",
                                   id, now, due_at, OutboxState::Waiting));
    return rows == 1;
}

Result<void> OutboxStore::put_off(ChangeTx& tx, MessageId id, Instant due_at,
                                  std::string_view last_error)
{
    return done(tx.exec("UPDATE outbox SET due_at = $2, last_error = $3, claimed = 0 "
                        "WHERE id = $1 AND state = $4",
                        id, due_at, last_error, OutboxState::Waiting));
}

Result<void> OutboxStore::finish(ChangeTx& tx, MessageId id, OutboxState state, Instant now,
                                 std::string_view last_error)
{
    return done(
        tx.exec("UPDATE outbox SET state = $2, finished_at = $3, last_error = $4, payload = NULL "
                "WHERE id = $1 AND state = $5",
                id, state, now, last_error, OutboxState::Waiting));
}

Result<int> OutboxStore::bound_times(ChangeTx& tx, Instant moment)
{
    KS_CHECK(tx.exec("UPDATE outbox_recipient SET asked_at = $1 WHERE asked_at > $1", moment));
    return tx.exec("UPDATE outbox SET created_at = CASE WHEN created_at > $1 THEN $1 ELSE "
                   "created_at END, due_at = CASE WHEN due_at > $1 THEN $1 ELSE due_at END, "
                   "admitted_at = CASE WHEN admitted_at > $1 THEN $1 ELSE admitted_at END, "
                   "finished_at = CASE WHEN finished_at > $1 THEN $1 ELSE finished_at END "
                   "WHERE created_at > $1 OR due_at > $1 OR admitted_at > $1 OR finished_at > $1",
                   moment);
}

Result<int> OutboxStore::give_up_waiting(ChangeTx& tx, Instant now, std::string_view last_error)
{
    return tx.exec(
        "UPDATE outbox SET state = $1, finished_at = $2, payload = NULL, last_error = $3 "
        "WHERE state = $4",
        OutboxState::GivenUp, now, last_error, OutboxState::Waiting);
}

Result<void> OutboxStore::delete_finished_before(ChangeTx& tx, Instant before)
{
    return done(tx.exec("DELETE FROM outbox WHERE state <> $1 AND finished_at < $2",
                        OutboxState::Waiting, before));
}

Result<void> OutboxStore::delete_finished_of(ChangeTx& tx, AccountId account)
{
    return done(tx.exec("DELETE FROM outbox WHERE account_id = $1 AND state <> $2", account,
                        OutboxState::Waiting));
}

Result<void> OutboxStore::detach(ChangeTx& tx, AccountId account)
{
    return done(tx.exec("UPDATE outbox SET account_id = NULL WHERE account_id = $1", account));
}

} // namespace keystead::notify
