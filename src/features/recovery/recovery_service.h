// features/recovery/recovery_service.h
//
// A forgotten password (M-04): a link by mail, then a new password. It never signs in and never
// removes a second factor; an account with one has to prove it here, too (NIST SP 800-63B-4
// §4.2.2.2; security.md items 12 and 13).
//
//   request ─▶ mail ─▶ look_at ─▶ [policy; code's hash; new hash] ─▶ confirm ─▶ password set,
//   sessions ended, links void
//
// The answer to a request is the same, in words, rows, mails and time, for known, unknown, disabled
// and passwordless accounts. A wrong code leaves the link unspent and is charged to a budget of
// recovery's own.
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/settings.h"
#include "crypto/keys.h"
#include "features/account/account_service.h"
#include "features/account/notices_service.h"
#include "features/attempt_budget/attempt_budget_service.h"
#include "features/audit/audit_log.h"
#include "features/backup_code/backup_code_service.h"
#include "features/link/link_service.h"
#include "features/notify/notify_service.h"
#include "features/password/password_service.h"
#include "features/session/session_service.h"
#include "features/totp/totp_service.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace keystead::recovery {

struct Parts {
    account::AccountService& accounts;
    account::Notices& notices;
    password::PasswordService& passwords;
    attempt_budget::AttemptBudgetService& budgets;
    session::SessionService& sessions;
    totp::TotpService& totp;
    backup_code::BackupCodeService& backup_codes;
    link::LinkService& links;
    notify::Notifier& notifier;
    audit::AuditLog& audit;
    const crypto::KeyRing& keys;
    const Clock& clock;
    const AccountSettings& settings;
};

struct Opened {
    account::Account account;
    bool has_second_factor = false;
    /// Known to others, so that it must not be chosen again: the account is being secured.
    std::optional<password::StoredPassword> spoilt = {};
};
enum class Recovered : std::uint8_t { Done, WrongCode };

class RecoveryService {
public:
    explicit RecoveryService(const Parts& parts) : p_(parts) {}

    Result<void> request(WriteTx& tx, const Actor& actor, const account::EmailAddress& email);
    /// Whose link it is, without spending it. Errors: link/invalid.
    Result<Opened> look_at(ReadTx& tx, std::string_view token);
    /// Charges a code before it is looked at; answers the set that a backup code is hashed for.
    /// Errors: recovery/too-many-attempts (RateLimited).
    Result<std::optional<backup_code::CodeSet>> take_code(WriteTx& tx, const Actor& actor,
                                                          AccountId account);

    /// What proves the second factor, where the account has one.
    struct Code {
        std::optional<std::string_view> totp = {};
        const backup_code::HashedAttempt* backup_code = nullptr;
    };
    /// Errors: link/invalid, recovery/second-factor-required.
    Result<Recovered> confirm(WriteTx& tx, const Actor& actor, std::string_view token,
                              const Code& code, const password::HashedPassword& hashed);

private:
    Result<bool> proves_second_factor(WriteTx& tx, const Actor& owner, const Code& code);
    Parts p_;
};

/// Which methods would do: the member "methods" of the problem document.
Error second_factor_required();

} // namespace keystead::recovery
