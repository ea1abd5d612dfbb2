#include "features/totp/totp_store.h"

#include <string_view>
#include <utility>

namespace keystead::totp {
namespace {

SealedAuthenticator authenticator_from(const Row& row)
{
    return {.authenticator = {.id = row.id<AuthenticatorId>(0),
                              .name = row.text(1),
                              .confirmed = !row.is_null(3),
                              .created_at = row.time(2),
                              .last_used_at = row.optional_time(4)},
            .sealed_secret = row.bytes(5)};
}

} // namespace

Result<std::vector<SealedAuthenticator>> TotpStore::list(ReadTx& tx, AccountId account)
{
    KS_TRY(
        const Rows rows,
        tx.query("SELECT id, name, created_at, confirmed_at, last_used_at, sealed_secret"
                 " FROM totp_authenticator WHERE account_id = $1 ORDER BY created_at, id LIMIT 16",
                 account));
    std::vector<SealedAuthenticator> list;
    list.reserve(rows.size());
    for (const Row& row : rows) {
        list.push_back(authenticator_from(row));
    }
    return list;
}

Result<std::optional<SealedAuthenticator>> TotpStore::find(ReadTx& tx, AccountId account,
                                                           AuthenticatorId id)
{
    KS_TRY(const auto row,
           tx.query_one("SELECT id, name, created_at, confirmed_at, last_used_at, sealed_secret"
                        " FROM totp_authenticator WHERE account_id = $1 AND id = $2",
                        account, id));
    return row ? std::optional(authenticator_from(*row)) : std::nullopt;
}

Result<std::int64_t> TotpStore::count_confirmed(ReadTx& tx, AccountId account, Instant after)
{
    KS_TRY(const auto row, tx.query_one("SELECT COUNT(*) FROM totp_authenticator WHERE account_id "
                                        "= $1 AND confirmed_at IS NOT NULL AND created_at > $2",
                                        account, after));
    return row->integer(0);
}

Result<std::optional<TimeStep>> TotpStore::find_largest_step(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto row,
           tx.query_one("SELECT MAX(last_step) FROM totp_authenticator WHERE account_id = $1",
                        account));
    const auto step = row->optional_integer(0);
    return step ? std::optional(TimeStep{static_cast<std::uint64_t>(*step)}) : std::nullopt;
}

Result<void> TotpStore::insert(WriteTx& tx, AccountId account, const SealedAuthenticator& added)
{
    KS_CHECK(tx.exec("INSERT INTO totp_authenticator (id, account_id, name, sealed_secret, "
                     "last_step, created_at)"
                     " VALUES ($1, $2, $3, $4, 0, $5)",
                     added.authenticator.id, account, added.authenticator.name, added.sealed_secret,
                     added.authenticator.created_at));
    return {};
}

Result<int> TotpStore::erase_unconfirmed(WriteTx& tx, AccountId account)
{
    return tx.exec("DELETE FROM totp_authenticator WHERE account_id = $1 AND confirmed_at IS NULL",
                   account);
}

Result<bool> TotpStore::confirm(WriteTx& tx, AuthenticatorId id, TimeStep step, Instant now)
{
    KS_TRY(
        const int rows,
        tx.exec("UPDATE totp_authenticator SET confirmed_at = $3, last_used_at = $3, last_step = $2"
                " WHERE id = $1 AND confirmed_at IS NULL",
                id, step, now));
    return rows == 1;
}

Result<bool> TotpStore::advance_last_step(WriteTx& tx, AuthenticatorId id, TimeStep step,
                                          Instant now)
{
    constexpr std::string_view kAdvance =
        "UPDATE totp_authenticator SET last_step = $2, last_used_at = $3"
        " WHERE id = $1 AND confirmed_at IS NOT NULL"
#ifndef KEYSTEAD_WITHOUT_TOTP_ONCE
        " AND last_step < $2"
#endif
        ;
    KS_TRY(const int rows, tx.exec(kAdvance, id, step, now));
    return rows == 1;
}

Result<int> TotpStore::spend_steps(WriteTx& tx, TimeStep up_to)
{
    return tx.exec("UPDATE totp_authenticator SET last_step = $1 WHERE last_step < $1", up_to);
}

Result<int> TotpStore::bound_created(WriteTx& tx, Instant moment)
{
    return tx.exec("UPDATE totp_authenticator SET created_at = $1 WHERE created_at > $1", moment);
}

Result<bool> TotpStore::erase(WriteTx& tx, AccountId account, AuthenticatorId id)
{
    KS_TRY(
        const int rows,
        tx.exec("DELETE FROM totp_authenticator WHERE account_id = $1 AND id = $2", account, id));
    return rows == 1;
}

Result<int> TotpStore::erase_all(WriteTx& tx, AccountId account)
{
    return tx.exec("DELETE FROM totp_authenticator WHERE account_id = $1", account);
}

Result<int> TotpStore::sweep_unconfirmed(WriteTx& tx, Instant created_before)
{
    return tx.exec("DELETE FROM totp_authenticator WHERE confirmed_at IS NULL AND id IN"
                   " (SELECT id FROM totp_authenticator WHERE confirmed_at IS NULL AND created_at "
                   "< $1 LIMIT 1000)",
                   created_before);
}

} // namespace keystead::totp
