// features/backup_code/backup_code_service.h
//
// Backup codes: what signs in when the authenticator is lost (M-06). Ten a set, shown once, each
// works once. Hashing stands between the transactions:
//
//   new set:  prepare()                                   ─▶ write: replace()
//   attempt:  read: find_set() ─▶ hash_attempt() (one hash) ─▶ write: spend()
//
// Invariants: one salt a set, so that an attempt costs one hash and is compared with all ten in
// constant time; a set is replaced whole, in one transaction; no set without a confirmed second
// factor. Attempts are charged by the caller.
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/random.h"
#include "core/result.h"
#include "core/secret.h"
#include "core/set_back.h"
#include "crypto/keys.h"
#include "features/audit/audit_log.h"
#include "features/backup_code/backup_code.h"
#include "features/backup_code/backup_code_store.h"
#include "features/notify/notify_service.h"
#include "features/password/password_service.h"
#include "storage/database.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace keystead::backup_code {

/// Suspended: right, but since a restore nobody has confirmed that it was not used (refused like
/// Wrong).
enum class CodeCheck : std::uint8_t { Accepted, Wrong, AlreadyUsed, Suspended };

/// Puts a notice of a change into the outbox, to every confirmed address of the account. Handed in
/// by app/.
using TellOwner = std::function<Result<void>(WriteTx&, const Actor&, AccountId, notify::Purpose,
                                             const notify::Facts&)>;
/// Whether the account has a confirmed second factor of another kind. Handed in by app/, since this
/// slice knows none.
using HasSecondFactor = std::function<Result<bool>(ReadTx&, AccountId)>;

/// A set that is made but not stored yet.
struct PreparedSet {
    AccountId account;
    std::vector<Secret> codes; // grouped, to be shown once
    CodeSet set;
    std::vector<SealedCode> sealed;
};

/// A typed code after its one hash.
struct HashedAttempt {
    AccountId account;
    std::optional<CodeSet> set; // the one it was hashed for; nothing: the account has none
    std::optional<Secret> hash; // nothing: the text cannot be a code
};

struct Status {
    std::int64_t remaining = 0;        // not used; suspended ones too
    bool suspended = false;            // none of them works until they are confirmed
    std::optional<Instant> created_at; // nothing: no set was made
};

class BackupCodeService {
public:
    BackupCodeService(password::PasswordHasher& hasher, const crypto::KeyRing& keys, Random& random,
                      audit::AuditLog& audit, const Clock& clock, TellOwner tell_owner,
                      HasSecondFactor has_second_factor);

    /// Errors: backup-code/second-factor-missing (Conflict). Asked before the hashing, and again by
    /// replace().
    Result<void> check_second_factor(ReadTx& tx, AccountId account);
    /// Slow: ten hashes. Errors: password/busy.
    Result<PreparedSet> prepare(AccountId account);
    /// Stores the set in place of the one before; records backup_code.make, tells the owner.
    /// Errors: backup-code/second-factor-missing (Conflict).
    Result<void> replace(WriteTx& tx, const Actor& actor, const PreparedSet& prepared);

    Result<std::optional<CodeSet>> find_set(ReadTx& tx, AccountId account);
    /// Slow: one hash, also for an account without a set and for text that is no code. Errors:
    /// password/busy.
    Result<HashedAttempt> hash_attempt(AccountId account, const std::optional<CodeSet>& set,
                                       std::string_view typed, password::QueuePlace place);
    /// Accepts a code once; records backup_code.use and tells the owner how many are left (and, at
    /// three, to make new ones). Wrong when the set was replaced since the hash.
    Result<CodeCheck> spend(WriteTx& tx, const Actor& actor, const HashedAttempt& attempt);

    Result<Status> status(ReadTx& tx, AccountId account);
    /// What was made after `wall` is as if made then. How many codes.
    Result<int> set_back(WriteTx& tx, const SetBack& clock);
    /// Restore: no code works until its owner or an operator says that it was not used since the
    /// back-up. How many. Records backup_code.suspend-all.
    Result<int> suspend_all(WriteTx& tx, const Actor& actor);
    /// Errors: backup-code/not-suspended (Conflict). Records backup_code.confirm.
    Result<void> confirm(WriteTx& tx, const Actor& actor, AccountId account);
    Result<std::vector<AccountId>> list_suspended_accounts(ReadTx& tx, AccountId after, int limit);
    /// With the last second factor, by operators' reset, or with the account. Records
    /// backup_code.remove-all.
    Result<void> remove_all(WriteTx& tx, const Actor& actor, AccountId account);

private:
    Result<std::optional<SealedCode>> find_match(const std::vector<SealedCode>& codes,
                                                 const HashedAttempt& attempt) const;

    password::PasswordHasher& hasher_;
    const crypto::KeyRing& keys_;
    Random& random_;
    audit::AuditLog& audit_;
    const Clock& clock_;
    TellOwner tell_owner_;
    HasSecondFactor has_second_factor_;
    BackupCodeStore store_;
};

} // namespace keystead::backup_code
