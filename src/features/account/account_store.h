// features/account/account_store.h
//
// The tables account, email_claim, account_address and team: one method a statement.
#pragma once

#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "features/account/email_address.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::account {

enum class State : std::uint8_t { Active = 1, Disabled = 2 };
enum class Standing : std::uint8_t { Ordinary = 0, Operator = 1 };

/// An account as it is stored.
struct Account {
    AccountId id;
    EmailAddress email;
    std::string name;
    Instant created_at;
    State state;
    Standing standing;
    std::int64_t epoch; // sessions made under an older one are dead
    TeamId personal_team;
    std::optional<Instant> factors_frozen_until;
    std::optional<Instant> delete_at; // the owner asked for deletion, erased from then on
    std::optional<EmailAddress> pending_email;
    std::optional<Instant> pending_email_until;
    std::optional<Instant> email_undo_until;
    std::optional<Instant> securing_since = {}; // said to be compromised: nothing of it is accepted

    bool is_being_secured() const { return securing_since.has_value(); }
    bool is_active() const { return state == State::Active; }
    bool is_operator() const { return standing == Standing::Operator; }
    bool factors_frozen(Instant now) const
    {
        return factors_frozen_until && *factors_frozen_until > now;
    }
};

/// A further address that notices go to.
struct Address {
    AddressId id;
    AccountId account;
    EmailAddress email;
    Instant created_at;
    std::optional<Instant> confirmed_at;
};

enum class TeamKind : std::uint8_t { Personal = 1 };

/// The latest that each of an account's times can be.
struct TimeBounds {
    Instant factors_frozen_until;
    Instant delete_at;
    Instant pending_email_until;
    Instant email_undo_until;
    Instant securing_since;
};

class AccountStore {
public:
    Result<void> insert(WriteTx& tx, const Account& account);
    Result<void> insert_team(WriteTx& tx, TeamId id, TeamKind kind, AccountId owner, Instant now);
    Result<std::optional<Account>> find(ReadTx& tx, AccountId id);
    /// Whose personal team it is.
    Result<std::optional<Account>> find_by_team(ReadTx& tx, TeamId team);
    Result<std::optional<Account>> find_by_email(ReadTx& tx, std::string_view email);
    /// Accounts after `after` in id order whose e-mail or name contains `part` (any when empty); at
    /// most `at_most`.
    Result<std::vector<Account>> list(ReadTx& tx, std::string_view part,
                                      std::optional<AccountId> after, int at_most);
    Result<std::vector<AccountId>> list_due_for_erasure(ReadTx& tx, Instant now, int at_most);
    /// In id order.
    Result<std::vector<Account>> list_operators(ReadTx& tx);
    Result<bool> any_operator(ReadTx& tx);

    /// Each answers whether the row was changed.
    Result<bool> set_name(WriteTx& tx, AccountId id, std::string_view name);
    Result<bool> set_state(WriteTx& tx, AccountId id, State from, State to);
    Result<bool> set_email(WriteTx& tx, AccountId id, std::string_view from, std::string_view to,
                           std::optional<Instant> undo_until);
    Result<bool> set_pending_email(WriteTx& tx, AccountId id,
                                   const std::optional<EmailAddress>& email,
                                   std::optional<Instant> until);
    /// Sets it where it was not set (or clears it where it was).
    Result<bool> set_delete_at(WriteTx& tx, AccountId id, Instant delete_at);
    Result<bool> clear_delete_at(WriteTx& tx, AccountId id);
    /// With it a pending deletion and a pending change of address are off: whoever asked for
    /// them may not have been the owner. False when the account is not active.
    Result<bool> begin_securing(WriteTx& tx, AccountId id, Instant now);
    Result<bool> end_securing(WriteTx& tx, AccountId id);
    /// Never shortens a freeze.
    Result<bool> freeze_factors(WriteTx& tx, AccountId id, Instant until);
    /// False when no freeze lasted.
    Result<bool> lift_factor_freeze(WriteTx& tx, AccountId id, Instant now);
    /// No time of an account is later than these. How many accounts.
    Result<int> bound_times(WriteTx& tx, const TimeBounds& bounds);
    /// Pending deletions wait until then at least. Whose.
    Result<std::vector<AccountId>> put_off_deletions(WriteTx& tx, Instant until);
    Result<std::optional<std::int64_t>> raise_epoch(WriteTx& tx, AccountId id);

    /// An address belongs to one account at a time: as its sign-in address (no `until`), or as one
    /// that its owner may still return to. False when it is another's.
    Result<bool> claim_email(WriteTx& tx, std::string_view email, AccountId account, Instant now);
    Result<void> drop_expired_claim(WriteTx& tx, std::string_view email, Instant now);
    Result<void> keep_claim_until(WriteTx& tx, std::string_view email, AccountId account,
                                  Instant until);
    /// Drops the account's claims that are newer than that of `email`.
    Result<void> drop_claims_after(WriteTx& tx, AccountId account, std::string_view email);
    Result<void> drop_claim(WriteTx& tx, std::string_view email, AccountId account);
    /// Whose the address is now, be it to sign in or to return to.
    Result<std::optional<AccountId>> find_claimant(ReadTx& tx, std::string_view email, Instant now);
    /// The addresses that the account may still return to, oldest first.
    Result<std::vector<EmailAddress>> list_former_emails(ReadTx& tx, AccountId account,
                                                         Instant now);

    /// False when the account names that address already.
    Result<bool> insert_address(WriteTx& tx, const Address& address);
    Result<std::vector<Address>> list_addresses(ReadTx& tx, AccountId account);
    /// The address, unless it is not the account's or was confirmed before.
    Result<std::optional<Address>> confirm_address(WriteTx& tx, AccountId account, AddressId id,
                                                   Instant now);
    Result<bool> remove_address(WriteTx& tx, AccountId account, AddressId id);
    Result<void> remove_address_named(WriteTx& tx, AccountId account, std::string_view email);

    /// Erasure. False when the account is not due.
    Result<bool> erase_account(WriteTx& tx, AccountId account, Instant now);
    Result<void> erase_belongings(WriteTx& tx, AccountId account);
};

} // namespace keystead::account
