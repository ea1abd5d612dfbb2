#include "features/link/link_store.h"

#include <utility>

namespace keystead::link {
namespace {

// One statement both looks and writes: of two who spend the same link, one changes the row and the
// other finds none.
constexpr std::string_view kSpend =
    "UPDATE link SET ended_at = $4 WHERE id = $1 AND digest = $2 AND purpose = $3 "
    "AND effect = $5 AND expires_at > $4 "
#ifndef KEYSTEAD_WITHOUT_LINK_ONCE
    "AND ended_at IS NULL "
#endif
    "RETURNING account_id, address, reference, expires_at";

std::optional<Binding> binding_of(const std::optional<Row>& row)
{
    if (!row) {
        return std::nullopt;
    }
    return Binding{row->optional_id<AccountId>(0), row->text(1), row->text(2), row->time(3)};
}

} // namespace

Result<void> LinkStore::replace(WriteTx& tx, const LinkRow& row)
{
    KS_CHECK(tx.exec(
        "INSERT INTO link (slot, id, digest, purpose, effect, account_id, address, reference, "
        "made_at, expires_at, ended_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL) "
        "ON CONFLICT (slot) DO UPDATE SET id = excluded.id, digest = excluded.digest, "
        "effect = excluded.effect, account_id = excluded.account_id, address = excluded.address, "
        "reference = excluded.reference, made_at = excluded.made_at, "
        "expires_at = excluded.expires_at, ended_at = NULL",
        row.slot, row.id, row.digest, row.purpose, row.effect, row.account, row.address,
        row.reference, row.made_at, row.expires_at));
    return {};
}

Result<std::optional<Binding>> LinkStore::spend(WriteTx& tx, LinkId id, const Digest& digest,
                                                Purpose purpose, Instant now)
{
    KS_TRY(const auto row, tx.query_one(kSpend, id, digest, purpose, now, Effect::Usable));
    return binding_of(row);
}

Result<std::optional<Binding>> LinkStore::find(ReadTx& tx, LinkId id, const Digest& digest,
                                               Purpose purpose, Instant now)
{
    KS_TRY(
        const auto row,
        tx.query_one(
            "SELECT account_id, address, reference, expires_at FROM link WHERE id = $1 AND "
            "digest = $2 AND purpose = $3 AND effect = $5 AND expires_at > $4 AND ended_at IS NULL",
            id, digest, purpose, now, Effect::Usable));
    return binding_of(row);
}

Result<void> LinkStore::end_requests_of(WriteTx& tx, AccountId account, Instant now)
{
    KS_CHECK(tx.exec("UPDATE link SET ended_at = $2 WHERE account_id = $1 AND ended_at IS NULL AND "
                     "purpose IN ($3, $4, $5)",
                     account, now, Purpose::Recovery, Purpose::EmailChange,
                     Purpose::NotificationAddress));
    return {};
}

Result<void> LinkStore::end_purpose_of(WriteTx& tx, AccountId account, Purpose purpose, Instant now)
{
    KS_CHECK(tx.exec(
        "UPDATE link SET ended_at = $3 WHERE account_id = $1 AND purpose = $2 AND ended_at IS NULL",
        account, purpose, now));
    return {};
}

Result<void> LinkStore::end_purpose(WriteTx& tx, Purpose purpose, Instant now)
{
    KS_CHECK(tx.exec("UPDATE link SET ended_at = $2 WHERE purpose = $1 AND ended_at IS NULL",
                     purpose, now));
    return {};
}

Result<int> LinkStore::end_all(WriteTx& tx, Instant now)
{
    return tx.exec("UPDATE link SET ended_at = $1 WHERE ended_at IS NULL", now);
}

Result<int> LinkStore::end_expired(WriteTx& tx, const SetBack& clock)
{
    return tx.exec("UPDATE link SET ended_at = $2 WHERE ended_at IS NULL AND expires_at <= $1",
                   clock.seen, clock.wall);
}

Result<void> LinkStore::rebase(WriteTx& tx, Instant moment)
{
    KS_CHECK(tx.exec("UPDATE link SET expires_at = expires_at - (made_at - $1), made_at = $1 WHERE "
                     "made_at > $1",
                     moment));
    KS_CHECK(tx.exec("UPDATE link SET ended_at = $1 WHERE ended_at > $1", moment));
    return {};
}

Result<void> LinkStore::remove_of(WriteTx& tx, AccountId account, std::string_view address)
{
    KS_CHECK(tx.exec("DELETE FROM link WHERE account_id = $1 OR address = $2", account, address));
    return {};
}

Result<int> LinkStore::remove_ended_before(WriteTx& tx, Instant before)
{
    return tx.exec("DELETE FROM link WHERE expires_at < $1 OR ended_at < $1", before);
}

} // namespace keystead::link
