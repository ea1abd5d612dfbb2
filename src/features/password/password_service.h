// features/password/password_service.h
//
// The stored password of an account: found for a check, set, replaced, removed; each change with
// its audit record. Hashing happens between the transactions (PasswordHasher), so a change is
// several steps:
//   read: find() ─▶ hasher.check() ─▶ policy.accept() ─▶ hasher.hash_new() ─▶ write: replace()
//
// It ends no session, voids no link and sends no mail: the flow that calls it does (sign-up,
// change, recovery).
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "features/audit/audit_log.h"
#include "features/password/password_hasher.h" // IWYU pragma: export
#include "features/password/password_policy.h" // IWYU pragma: export
#include "features/password/password_store.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>

namespace keystead::password {

/// Why a password is set without the old one being asked for.
enum class SetReason : std::uint8_t { SignUp, Recovery };

class PasswordService {
public:
    PasswordService(audit::AuditLog& audit, const Clock& clock) : audit_(audit), clock_(clock) {}

    /// Nothing for an account without a password. One statement, for a nil account too.
    Result<std::optional<StoredPassword>> find(ReadTx& tx, AccountId account);

    /// Sets the password whatever was there. Records password.set.
    Result<void> set(WriteTx& tx, const Actor& actor, const HashedPassword& hashed,
                     SetReason reason);

    /// Sets the password if it is still the one that was `checked`; records password.change.
    /// Errors: password/changed-meanwhile (Conflict).
    Result<void> replace(WriteTx& tx, const Actor& actor, const StoredPassword& checked,
                         const HashedPassword& hashed);

    /// The same password under a new cost; nothing happens if it was changed meanwhile. Keeps
    /// changed_at and the rule. Records password.rehash.
    Result<void> store_rehash(WriteTx& tx, const Actor& actor, const StoredPassword& checked,
                              const HashedPassword& hashed);

    /// Demands a new password at the next sign-in (evidence of compromise). Records
    /// password.require-change. False when the account has no password.
    Result<bool> require_change(WriteTx& tx, const Actor& actor, AccountId account);

    /// The row goes, as part of erasing the account (whose event it is: nothing is recorded here).
    Result<void> erase(WriteTx& tx, AccountId account);

    /// The dearest cost among the stored hashes; nothing when there are none.
    Result<std::optional<HashCost>> find_dearest_cost(ReadTx& tx);

private:
    audit::AuditLog& audit_;
    const Clock& clock_;
    PasswordStore store_;
};

} // namespace keystead::password
