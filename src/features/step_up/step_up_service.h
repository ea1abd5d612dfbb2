// features/step_up/step_up_service.h
//
// Proving once more who sits at a session, before a grave act (RFC 9470; ASVS V7.5). With the
// strongest factor the account has: where a second factor is confirmed, its code; otherwise the
// password. The session goes on under a new token.
//
//   password:     begin_password ─▶ [one hash] ─▶ finish_password
//   totp:         verify_totp
//   backup code:  take_backup_code ─▶ [one hash] ─▶ finish_backup_code
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "features/account/account_service.h"
#include "features/attempt_budget/attempt_budget_service.h"
#include "features/audit/audit_log.h"
#include "features/backup_code/backup_code_service.h"
#include "features/password/password_service.h"
#include "features/session/session_service.h"
#include "features/totp/totp_service.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace keystead::step_up {

enum class Factor : std::uint8_t { Password, SecondFactor };

struct Renewed {
    session::Established established;
    account::Account account;
};
struct Wrong {};
using Outcome = std::variant<Renewed, Wrong>;

struct Parts {
    account::AccountService& accounts;
    password::PasswordService& passwords;
    attempt_budget::AttemptBudgetService& budgets;
    session::SessionService& sessions;
    totp::TotpService& totp;
    backup_code::BackupCodeService& backup_codes;
    audit::AuditLog& audit;
    const Clock& clock;
};

/// Actors are accounts with a session. Errors of all: step-up/too-many-attempts (RateLimited),
/// session/not-found.
class StepUpService {
public:
    explicit StepUpService(const Parts& parts) : p_(parts) {}

    Result<Factor> strongest_factor(ReadTx& tx, AccountId account);
    /// Charges, records step-up.attempt, answers what to check against. Errors:
    /// step-up/second-factor-needed.
    Result<std::optional<password::StoredPassword>> begin_password(WriteTx& tx, const Actor& actor);
    Result<Outcome> finish_password(WriteTx& tx, const Actor& actor,
                                    const password::PasswordCheck& check);
    Result<Outcome> verify_totp(WriteTx& tx, const Actor& actor, std::string_view code);
    Result<std::optional<backup_code::CodeSet>> take_backup_code(WriteTx& tx, const Actor& actor);
    Result<Outcome> finish_backup_code(WriteTx& tx, const Actor& actor,
                                       const backup_code::HashedAttempt& attempt);

private:
    Result<void> charge(WriteTx& tx, const Actor& actor, attempt_budget::Scope scope);
    Result<Outcome> renew(WriteTx& tx, const Actor& actor, session::Method proved,
                          attempt_budget::Scope cleared);

    Parts p_;
};

} // namespace keystead::step_up
