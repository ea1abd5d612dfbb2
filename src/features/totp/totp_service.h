// features/totp/totp_service.h
//
// The authenticator apps of an account.
//
//            begin_enrollment            confirm(code)                remove(code)
//   (none) ───────────────────▶ enrolling ────────────▶ confirmed ─────────────────▶ (gone)
//                                   │ 15 minutes, or another enrollment begins
//                                   └───────────────────────────────────────────────▶ (gone)
//
// Invariants: a code is accepted at most once for an account, whatever races and on whatever path
// (RFC 6238 §5.2: "The verifier MUST NOT accept the second attempt of the OTP after the successful
// validation has been issued for the first OTP"); the code that confirms is spent too; at most five
// authenticators an account. Attempts are charged by the caller (attempt_budget,
// Scope::SecondFactor) before verify(), confirm() and remove(), in the same transaction.
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
#include "features/notify/notify_service.h"
#include "features/password/password_service.h"
#include "features/totp/totp.h"
#include "features/totp/totp_store.h"
#include "storage/database.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::totp {

enum class CodeCheck : std::uint8_t { Accepted, Wrong, AlreadyUsed };

/// Puts a notice of a change into the outbox, to every confirmed address of the account. Handed in
/// by app/.
using TellOwner = std::function<Result<void>(WriteTx&, const Actor&, AccountId, notify::Purpose,
                                             const notify::Facts&)>;

struct NewAuthenticator {
    Authenticator authenticator;
    Secret secret; // kSecretBytes; shown once
};

struct Confirmation {
    CodeCheck check = CodeCheck::Wrong;
    bool is_first =
        false; // the account had no confirmed authenticator before: its second factor is on now
};

struct Removal {
    CodeCheck check = CodeCheck::Wrong;
    bool was_last =
        false; // the second factor is off now; the caller also ends what hangs on it (backup codes)
};

class TotpService {
public:
    TotpService(const crypto::KeyRing& keys, Random& random, audit::AuditLog& audit,
                const Clock& clock, password::PasswordService& passwords, TellOwner tell_owner);

    /// Starts an enrollment, ending one that was under way. Those not made after `replaced_until`
    /// do not count against the limit: remove_older() takes them away when the new one is
    /// confirmed. Errors: totp/limit-reached (LimitReached).
    Result<NewAuthenticator> begin_enrollment(WriteTx& tx, const Actor& actor, AccountId account,
                                              std::string_view name,
                                              std::optional<Instant> replaced_until = {});

    /// Errors: totp/not-found (NotFound; also when the 15 minutes are over), totp/already-confirmed
    /// (Conflict), totp/clock-behind (Unavailable).
    Result<Confirmation> confirm(WriteTx& tx, const Actor& actor, AccountId account,
                                 AuthenticatorId id, std::string_view typed);

    /// Checks a code against all confirmed authenticators and burns its step. Wrong for an account
    /// without one. Errors: totp/clock-behind.
    Result<CodeCheck> verify(WriteTx& tx, const Actor& actor, AccountId account,
                             std::string_view typed);

    /// Removes an authenticator for a code of any confirmed one (the phone may be lost while
    /// another remains); an unconfirmed one needs none. Errors: totp/not-found, totp/clock-behind;
    /// totp/password-too-weak-alone (Conflict) for the last one, when the password was accepted
    /// only because a second factor stood beside it.
    Result<Removal> remove(WriteTx& tx, const Actor& actor, AccountId account, AuthenticatorId id,
                           std::string_view typed);

    /// Records that an attempt was refused unchecked because the budget is spent; `action` is what
    /// it would have been.
    Result<void> record_spent(WriteTx& tx, const Actor& actor, AccountId account,
                              std::string_view action);

    /// Removes all without a code: operators' reset, erasure of the account. Records
    /// totp.remove-all.
    Result<int> remove_all(WriteTx& tx, const Actor& actor, AccountId account);

    /// Ends an enrollment that is under way, if there is one. Records totp.cancel-enrollment.
    Result<void> cancel_enrollment(WriteTx& tx, const Actor& actor, AccountId account);
    /// Those not made after `moment`, without a code: what took their place was confirmed in this
    /// transaction. Records totp.remove for each, and tells the owner.
    Result<void> remove_older(WriteTx& tx, const Actor& actor, AccountId account, Instant moment);

    /// Restore: no code that could have been accepted before now is accepted (again), of anybody.
    /// Records totp.spend-steps.
    Result<int> spend_steps(WriteTx& tx, const Actor& actor);

    /// What was made after `wall` is as if made then: how many.
    Result<int> set_back(WriteTx& tx, const SetBack& clock);

    /// At most six, oldest first; expired enrollments are left out.
    Result<std::vector<Authenticator>> list(ReadTx& tx, AccountId account);
    Result<bool> has_confirmed(ReadTx& tx, AccountId account);

private:
    Result<void> check_clock(ReadTx& tx, AccountId account);
    Result<std::optional<TimeStep>> match(const SealedAuthenticator& sealed,
                                          std::string_view typed);
    Result<CodeCheck> burn(WriteTx& tx, AccountId account,
                           const std::vector<SealedAuthenticator>& authenticators,
                           std::string_view typed);
    Result<void> check_password_alone(ReadTx& tx, AccountId account);
    Result<Confirmation> activate(WriteTx& tx, const Actor& actor, AccountId account,
                                  const SealedAuthenticator& sealed, TimeStep step);
    Result<Removal> remove_confirmed(WriteTx& tx, const Actor& actor, AccountId account,
                                     const SealedAuthenticator& sealed, std::string_view typed);

    const crypto::KeyRing& keys_;
    Random& random_;
    audit::AuditLog& audit_;
    const Clock& clock_;
    password::PasswordService& passwords_;
    TellOwner tell_owner_;
    TotpStore store_;
};

/// Job: forgets enrollments that nobody confirmed. Recorded as totp.sweep.
class TotpSweep {
public:
    TotpSweep(Database& database, audit::AuditLog& audit) : database_(database), audit_(audit) {}
    Result<void> run_once(Instant now);

private:
    Database& database_;
    audit::AuditLog& audit_;
};

} // namespace keystead::totp
