// features/account/account_service.h
//
// Who is registered. An account is an id, a canonical e-mail address that nobody else has, a name
// and a state; every account has a personal team. Not here: passwords, factors, sessions, and the
// mails and links of an e-mail change (email_change_service.h).
//
// Every change appends its audit event in the transaction it is given, but for raise_epoch(),
// begin_securing(), end_securing(), set_delete_at(), clear_delete_at() and erase(), which are parts
// of a change that the caller records.
//
//   (none) ──create──▶ active ◀──disable, enable──▶ disabled
//                        │ ▲ begin, end: being secured, a mark beside the state
//                        └──erase, once delete_at has passed──▶ (none), from either state
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/random.h"
#include "core/result.h"
#include "core/set_back.h"
#include "core/settings.h"
#include "features/account/account_store.h"
#include "features/account/email_address.h"
#include "features/audit/audit_log.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::account {

/// Notices go to so many at most, the account's own among them.
inline constexpr int kAddressesMax = 5;
inline constexpr std::size_t kNameLengthMax = 100; // code points

struct NewAccount {
    EmailAddress email;
    std::string name = {}; // empty: none given
    Standing standing = Standing::Ordinary;
    AccountId id = {}; // nil: made here; given where something is bound to it before the account is
                       // there (a hash)
};

/// Why all sessions of an account end; part of the audit record.
enum class EndReason : std::uint8_t { EmailUndone, AccountDisabled, AccountErased };

/// Ends every session and flow of an account, raising its epoch, in the transaction it is given.
/// The session slice implements it; here it is only asked for, so that the graph of slices has no
/// cycle.
class SessionEnder {
public:
    virtual ~SessionEnder() = default;
    virtual Result<void> end_all(WriteTx& tx, const Actor& actor, AccountId account,
                                 EndReason reason) = 0;
    /// Sessions go on, but what memory holds of the account is read again: its e-mail address
    /// changed.
    virtual Result<void> forget_cached(WriteTx& tx, AccountId account) = 0;
};

class AccountService {
public:
    AccountService(AccountStore& store, audit::AuditLog& audit, const Clock& clock, Random& random)
        : store_(store), audit_(audit), clock_(clock), random_(random)
    {
    }

    /// Makes the account and its personal team: at most one for an address, whatever races.
    /// Errors: account/email-taken (Conflict), also while the address can still be returned to by
    /// its former owner.
    Result<Account> create(WriteTx& tx, const Actor& actor, const NewAccount& wanted);
    /// Whatever its state. One statement, found or not.
    Result<std::optional<Account>> find_by_email(ReadTx& tx, const EmailAddress& email);
    Result<std::optional<Account>> find(ReadTx& tx, AccountId account);
    /// Whose personal team it is.
    Result<std::optional<Account>> find_by_team(ReadTx& tx, TeamId team);
    /// Errors: account/not-found.
    Result<Account> load(ReadTx& tx, AccountId account);
    /// Whether another operator would be left if this account went: active, and not to be deleted.
    /// Locks all operators, so that two who go at the same time do not each count on the other.
    Result<bool> leaves_an_operator(WriteTx& tx, AccountId leaving);
    Result<bool> any_operator(ReadTx& tx);
    /// For operators: a page in id order. `part` is matched against e-mail and name, ASCII case
    /// aside.
    Result<std::vector<Account>> list(ReadTx& tx, std::string_view part,
                                      std::optional<AccountId> after, int at_most);

    /// Errors: account/name-invalid (InvalidInput), account/not-found.
    Result<void> set_name(WriteTx& tx, const Actor& actor, AccountId account,
                          std::string_view name);
    /// Makes the account's older sessions dead and answers the epoch that new ones carry.
    /// The caller records why. Errors: account/not-found.
    Result<std::int64_t> raise_epoch(WriteTx& tx, AccountId account);
    /// No factor is added or removed until then; a longer freeze stays.
    Result<void> freeze_factors(WriteTx& tx, const Actor& actor, AccountId account, Instant until);
    /// The owner has proved all that can be asked for: factors may be changed. Records
    /// account.unfreeze-factors if they were frozen.
    Result<void> lift_factor_freeze(WriteTx& tx, const Actor& actor, AccountId account);
    /// From this commit on nothing of the account is accepted, but for sessions that lead through
    /// the flow that secures it. A pending deletion and a pending change of address are off. The
    /// caller ends what there is, and records it. Errors: account/not-found, account/disabled
    /// (Conflict).
    Result<Instant> begin_securing(WriteTx& tx, AccountId account);
    /// False when it was over already. The caller records it.
    Result<bool> end_securing(WriteTx& tx, AccountId account);
    /// For whatever adds a credential, behind the account's lock: a request that was let in before
    /// the account was frozen must not add one afterwards. Errors: account/being-secured
    /// (Forbidden).
    Result<void> check_not_being_secured(ReadTx& tx, AccountId account);
    /// Errors: account/factors-frozen (Forbidden, with the member "until"). For the factor slices,
    /// before any change.
    Result<void> check_factors_not_frozen(ReadTx& tx, AccountId account);
    /// False when it was so already. Ends no sessions and tells nobody: AccountAdminService does.
    /// Errors: account/not-found.
    Result<bool> set_state(WriteTx& tx, const Actor& actor, AccountId account, State to);

    /// Deletion, for the account_data slice. Each answers whether the row was changed.
    Result<bool> set_delete_at(WriteTx& tx, AccountId account, Instant delete_at);
    Result<bool> clear_delete_at(WriteTx& tx, AccountId account);
    Result<std::vector<AccountId>> list_due_for_erasure(ReadTx& tx, Instant now, int at_most);
    /// Removes every row of this slice's tables that is the account's, unless its deletion was
    /// cancelled meanwhile (false).
    Result<bool> erase(WriteTx& tx, AccountId account, Instant now);

    /// After a restore: a deletion that waits may have been cancelled since, so that it waits until
    /// then at least. Whose. The caller records it.
    Result<std::vector<AccountId>> put_off_deletions(WriteTx& tx, Instant until);
    /// What was begun after `wall` (a freeze, a deletion, a change of address) lasts no longer than
    /// if it began then. How many accounts.
    Result<int> set_back(WriteTx& tx, const SetBack& clock, const AccountSettings& settings);

    /// The addresses every notice goes to: the account's own, the confirmed ones, and those it may
    /// still return to.
    Result<std::vector<EmailAddress>> addresses_to_tell(ReadTx& tx, AccountId account);

private:
    AccountStore& store_;
    audit::AuditLog& audit_;
    const Clock& clock_;
    Random& random_;
};

} // namespace keystead::account
