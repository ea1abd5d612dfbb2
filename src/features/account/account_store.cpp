#include "features/account/account_store.h"

#include "storage/rows.h"

#include <utility>

namespace keystead::account {
namespace {

using storage::done;

std::optional<EmailAddress> optional_email(const Row& row, std::size_t column)
{
    auto text = row.optional_text(column);
    return text ? std::optional(EmailAddress::stored(std::move(*text))) : std::nullopt;
}

/// The columns in the order in which every SELECT here names them.
Account account_of(const Row& row)
{
    return Account{.id = row.id<AccountId>(0),
                   .email = EmailAddress::stored(row.text(1)),
                   .name = row.text(2),
                   .created_at = row.time(3),
                   .state = static_cast<State>(row.integer(4)),
                   .standing = static_cast<Standing>(row.integer(5)),
                   .epoch = row.integer(6),
                   .personal_team = row.id<TeamId>(7),
                   .factors_frozen_until = row.optional_time(8),
                   .delete_at = row.optional_time(9),
                   .pending_email = optional_email(row, 10),
                   .pending_email_until = row.optional_time(11),
                   .email_undo_until = row.optional_time(12),
                   .securing_since = row.optional_time(13)};
}

Address address_of(const Row& row)
{
    return Address{.id = row.id<AddressId>(0),
                   .account = row.id<AccountId>(1),
                   .email = EmailAddress::stored(row.text(2)),
                   .created_at = row.time(3),
                   .confirmed_at = row.optional_time(4)};
}

Result<bool> changed_one(Result<int> outcome)
{
    KS_TRY(const int rows, std::move(outcome));
    return rows == 1;
}

/// `part` as a LIKE pattern that matches it anywhere; "!" is the escape sign of the statement.
std::string pattern_of(std::string_view part)
{
    std::string pattern = "%";
    for (const char c : part) {
        if (c == '%' || c == '_' || c == '!') {
            pattern += '!';
        }
        pattern += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return pattern + '%';
}

} // namespace

Result<void> AccountStore::insert(WriteTx& tx, const Account& account)
{
    return done(tx.exec("INSERT INTO account (id, email, name, created_at, state, is_operator, "
                        "epoch, personal_team) "
                        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                        account.id, account.email.text(), account.name, account.created_at,
                        account.state, account.standing, account.epoch, account.personal_team));
}

Result<void> AccountStore::insert_team(WriteTx& tx, TeamId id, TeamKind kind, AccountId owner,
                                       Instant now)
{
    return done(
        tx.exec("INSERT INTO team (id, kind, owner_account, created_at) VALUES ($1, $2, $3, $4)",
                id, kind, owner, now));
}

Result<std::optional<Account>> AccountStore::find(ReadTx& tx, AccountId id)
{
    KS_TRY(const auto row,
           tx.query_one(
               "SELECT id, email, name, created_at, state, is_operator, epoch, personal_team, "
               "factors_frozen_until, delete_at, pending_email, pending_email_until, "
               "email_undo_until, "
               "securing_since FROM account WHERE id = $1",
               id));
    return row ? std::optional(account_of(*row)) : std::nullopt;
}

Result<std::optional<Account>> AccountStore::find_by_team(ReadTx& tx, TeamId team)
{
    KS_TRY(const auto row,
           tx.query_one("SELECT owner_account FROM team WHERE id = $1 AND kind = $2", team,
                        TeamKind::Personal));
    return row ? find(tx, row->id<AccountId>(0)) : std::optional<Account>{};
}

Result<std::optional<Account>> AccountStore::find_by_email(ReadTx& tx, std::string_view email)
{
    KS_TRY(const auto row,
           tx.query_one(
               "SELECT id, email, name, created_at, state, is_operator, epoch, personal_team, "
               "factors_frozen_until, delete_at, pending_email, pending_email_until, "
               "email_undo_until, "
               "securing_since FROM account WHERE email = $1",
               email));
    return row ? std::optional(account_of(*row)) : std::nullopt;
}

Result<std::vector<Account>> AccountStore::list(ReadTx& tx, std::string_view part,
                                                std::optional<AccountId> after, int at_most)
{
    KS_TRY(const Rows rows,
           tx.query("SELECT id, email, name, created_at, state, is_operator, epoch, personal_team, "
                    "factors_frozen_until, delete_at, pending_email, pending_email_until, "
                    "email_undo_until, "
                    "securing_since FROM account WHERE id > $1 AND (email LIKE $2 ESCAPE '!' OR "
                    "lower(name) LIKE $2 "
                    "ESCAPE '!') "
                    "ORDER BY id LIMIT $3",
                    after.value_or(AccountId{}), pattern_of(part), at_most));
    std::vector<Account> accounts;
    accounts.reserve(rows.size());
    for (const Row& row : rows) {
        accounts.push_back(account_of(row));
    }
    return accounts;
}

Result<std::vector<AccountId>> AccountStore::list_due_for_erasure(ReadTx& tx, Instant now,
                                                                  int at_most)
{
    KS_TRY(const Rows rows,
           tx.query("SELECT id FROM account WHERE delete_at <= $1 ORDER BY delete_at LIMIT $2", now,
                    at_most));
    std::vector<AccountId> ids;
    for (const Row& row : rows) {
        ids.push_back(row.id<AccountId>(0));
    }
    return ids;
}

Result<std::vector<Account>> AccountStore::list_operators(ReadTx& tx)
{
    KS_TRY(const Rows rows,
           tx.query("SELECT id, email, name, created_at, state, is_operator, epoch, "
                    "personal_team, factors_frozen_until, delete_at, pending_email, "
                    "pending_email_until, email_undo_until, securing_since FROM account WHERE "
                    "is_operator = $1 "
                    "ORDER BY id",
                    Standing::Operator));
    std::vector<Account> operators;
    operators.reserve(rows.size());
    for (const Row& row : rows) {
        operators.push_back(account_of(row));
    }
    return operators;
}

Result<bool> AccountStore::any_operator(ReadTx& tx)
{
    KS_TRY(const Rows rows,
           tx.query("SELECT 1 FROM account WHERE is_operator = $1 LIMIT 1", Standing::Operator));
    return !rows.empty();
}

Result<bool> AccountStore::set_name(WriteTx& tx, AccountId id, std::string_view name)
{
    return changed_one(tx.exec("UPDATE account SET name = $2 WHERE id = $1", id, name));
}

Result<bool> AccountStore::set_state(WriteTx& tx, AccountId id, State from, State to)
{
    return changed_one(
        tx.exec("UPDATE account SET state = $3 WHERE id = $1 AND state = $2", id, from, to));
}

Result<bool> AccountStore::set_email(WriteTx& tx, AccountId id, std::string_view from,
                                     std::string_view to, std::optional<Instant> undo_until)
{
    return changed_one(
        tx.exec("UPDATE account SET email = $3, email_undo_until = $4, pending_email = NULL, "
                "pending_email_until = NULL WHERE id = $1 AND email = $2",
                id, from, to, undo_until));
}

Result<bool> AccountStore::set_pending_email(WriteTx& tx, AccountId id,
                                             const std::optional<EmailAddress>& email,
                                             std::optional<Instant> until)
{
    return changed_one(
        tx.exec("UPDATE account SET pending_email = $2, pending_email_until = $3 WHERE id = $1", id,
                email ? SqlParam(email->text()) : SqlParam(std::nullopt), until));
}

Result<bool> AccountStore::set_delete_at(WriteTx& tx, AccountId id, Instant delete_at)
{
    return changed_one(tx.exec(
        "UPDATE account SET delete_at = $2 WHERE id = $1 AND delete_at IS NULL", id, delete_at));
}

Result<bool> AccountStore::clear_delete_at(WriteTx& tx, AccountId id)
{
    return changed_one(
        tx.exec("UPDATE account SET delete_at = NULL WHERE id = $1 AND delete_at IS NOT NULL", id));
}

Result<bool> AccountStore::begin_securing(WriteTx& tx, AccountId id, Instant now)
{
    return changed_one(
        tx.exec("UPDATE account SET securing_since = $2, delete_at = NULL, pending_email = NULL, "
                "pending_email_until = NULL WHERE id = $1 AND state = $3",
                id, now, State::Active));
}

Result<bool> AccountStore::end_securing(WriteTx& tx, AccountId id)
{
    return changed_one(tx.exec("UPDATE account SET securing_since = NULL WHERE id = $1 AND "
                               "securing_since IS NOT NULL",
                               id));
}

Result<bool> AccountStore::freeze_factors(WriteTx& tx, AccountId id, Instant until)
{
    return changed_one(tx.exec("UPDATE account SET factors_frozen_until = $2 WHERE id = $1 AND "
                               "(factors_frozen_until IS NULL OR factors_frozen_until < $2)",
                               id, until));
}

Result<bool> AccountStore::lift_factor_freeze(WriteTx& tx, AccountId id, Instant now)
{
    return changed_one(tx.exec("UPDATE account SET factors_frozen_until = NULL WHERE id = $1 AND "
                               "factors_frozen_until > $2",
                               id, now));
}

Result<int> AccountStore::bound_times(WriteTx& tx, const TimeBounds& bounds)
{
    KS_CHECK(tx.exec("UPDATE email_claim SET expires_at = $1 WHERE expires_at > $1",
                     bounds.email_undo_until));
    KS_CHECK(tx.exec("UPDATE account SET securing_since = $1 WHERE securing_since > $1",
                     bounds.securing_since));
    return tx.exec(
        "UPDATE account SET factors_frozen_until = CASE WHEN factors_frozen_until > $1 THEN $1 "
        "ELSE factors_frozen_until END, delete_at = CASE WHEN delete_at > $2 THEN $2 ELSE "
        "delete_at END, pending_email_until = CASE WHEN pending_email_until > $3 THEN $3 ELSE "
        "pending_email_until END, email_undo_until = CASE WHEN email_undo_until > $4 THEN $4 ELSE "
        "email_undo_until END WHERE factors_frozen_until > $1 OR delete_at > $2 OR "
        "pending_email_until > $3 OR email_undo_until > $4",
        bounds.factors_frozen_until, bounds.delete_at, bounds.pending_email_until,
        bounds.email_undo_until);
}

Result<std::vector<AccountId>> AccountStore::put_off_deletions(WriteTx& tx, Instant until)
{
    KS_TRY(const Rows rows, tx.query("UPDATE account SET delete_at = $1 WHERE delete_at < $1 "
                                     "RETURNING id",
                                     until));
    std::vector<AccountId> ids;
    for (const Row& row : rows) {
        ids.push_back(row.id<AccountId>(0));
    }
    return ids;
}

Result<std::optional<std::int64_t>> AccountStore::raise_epoch(WriteTx& tx, AccountId id)
{
    KS_TRY(const auto row,
           tx.query_one("UPDATE account SET epoch = epoch + 1 WHERE id = $1 RETURNING epoch", id));
    return row ? std::optional(row->integer(0)) : std::nullopt;
}

Result<bool> AccountStore::claim_email(WriteTx& tx, std::string_view email, AccountId account,
                                       Instant now)
{
    return changed_one(
        tx.exec("INSERT INTO email_claim (email, account_id, claimed_at) VALUES ($1, $2, $3) "
                "ON CONFLICT (email) DO UPDATE SET expires_at = NULL "
                "WHERE email_claim.account_id = excluded.account_id",
                email, account, now));
}

Result<void> AccountStore::drop_expired_claim(WriteTx& tx, std::string_view email, Instant now)
{
    return done(
        tx.exec("DELETE FROM email_claim WHERE email = $1 AND expires_at <= $2", email, now));
}

Result<void> AccountStore::keep_claim_until(WriteTx& tx, std::string_view email, AccountId account,
                                            Instant until)
{
    return done(
        tx.exec("UPDATE email_claim SET expires_at = $3 WHERE email = $1 AND account_id = $2",
                email, account, until));
}

Result<void> AccountStore::drop_claim(WriteTx& tx, std::string_view email, AccountId account)
{
    return done(
        tx.exec("DELETE FROM email_claim WHERE email = $1 AND account_id = $2", email, account));
}

Result<void> AccountStore::drop_claims_after(WriteTx& tx, AccountId account, std::string_view email)
{
    return done(
        tx.exec("DELETE FROM email_claim WHERE account_id = $1 AND email <> $2 AND claimed_at > "
                "(SELECT claimed_at FROM email_claim WHERE email = $2)",
                account, email));
}

Result<std::optional<AccountId>> AccountStore::find_claimant(ReadTx& tx, std::string_view email,
                                                             Instant now)
{
    KS_TRY(const auto row, tx.query_one("SELECT account_id FROM email_claim WHERE email = $1 AND "
                                        "(expires_at IS NULL OR expires_at > $2)",
                                        email, now));
    return row ? std::optional(row->id<AccountId>(0)) : std::nullopt;
}

Result<std::vector<EmailAddress>> AccountStore::list_former_emails(ReadTx& tx, AccountId account,
                                                                   Instant now)
{
    KS_TRY(const Rows rows,
           tx.query("SELECT email FROM email_claim WHERE account_id = $1 AND expires_at > $2 "
                    "ORDER BY claimed_at, email",
                    account, now));
    std::vector<EmailAddress> emails;
    for (const Row& row : rows) {
        emails.push_back(EmailAddress::stored(row.text(0)));
    }
    return emails;
}

Result<bool> AccountStore::insert_address(WriteTx& tx, const Address& address)
{
    return changed_one(
        tx.exec("INSERT INTO account_address (id, account_id, email, created_at, confirmed_at) "
                "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id, email) DO NOTHING",
                address.id, address.account, address.email.text(), address.created_at,
                address.confirmed_at));
}

Result<std::vector<Address>> AccountStore::list_addresses(ReadTx& tx, AccountId account)
{
    KS_TRY(const Rows rows,
           tx.query("SELECT id, account_id, email, created_at, confirmed_at FROM account_address "
                    "WHERE account_id = $1 ORDER BY id",
                    account));
    std::vector<Address> addresses;
    for (const Row& row : rows) {
        addresses.push_back(address_of(row));
    }
    return addresses;
}

Result<std::optional<Address>> AccountStore::confirm_address(WriteTx& tx, AccountId account,
                                                             AddressId id, Instant now)
{
    KS_TRY(const auto row,
           tx.query_one(
               "UPDATE account_address SET confirmed_at = $3 WHERE id = $1 AND account_id = $2 AND "
               "confirmed_at IS NULL RETURNING id, account_id, email, created_at, confirmed_at",
               id, account, now));
    return row ? std::optional(address_of(*row)) : std::nullopt;
}

Result<bool> AccountStore::remove_address(WriteTx& tx, AccountId account, AddressId id)
{
    return changed_one(
        tx.exec("DELETE FROM account_address WHERE id = $1 AND account_id = $2", id, account));
}

Result<void> AccountStore::remove_address_named(WriteTx& tx, AccountId account,
                                                std::string_view email)
{
    return done(tx.exec("DELETE FROM account_address WHERE account_id = $1 AND email = $2", account,
                        email));
}

Result<bool> AccountStore::erase_account(WriteTx& tx, AccountId account, Instant now)
{
    return changed_one(
        tx.exec("DELETE FROM account WHERE id = $1 AND delete_at <= $2", account, now));
}

Result<void> AccountStore::erase_belongings(WriteTx& tx, AccountId account)
{
    KS_CHECK(tx.exec("DELETE FROM account_address WHERE account_id = $1", account));
    KS_CHECK(tx.exec("DELETE FROM email_claim WHERE account_id = $1", account));
    KS_CHECK(tx.exec("DELETE FROM notice_choice WHERE account_id = $1", account));
    return done(tx.exec("DELETE FROM team WHERE owner_account = $1 AND kind = $2", account,
                        TeamKind::Personal));
}

} // namespace keystead::account
