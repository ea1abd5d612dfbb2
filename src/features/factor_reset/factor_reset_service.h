// features/factor_reset/factor_reset_service.h
//
// Taking away the second factors of someone who lost them all: the last way, and therefore a slow
// or a shared one. Two operators do it at once; one alone starts a wait of 72 hours, during which a
// mail a day tells every address and carries a link that stops it (security.md item 12). It changes
// no password and signs nobody in; one that is too short to stand alone must be changed at the next
// sign-in.
//
//   (none) ──ask (two operators)──▶ done
//     └─────ask (one)──▶ waiting ──72 h──▶ done
//                          └──cancel, objection──▶ (none)
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "core/set_back.h"
#include "features/account/account_service.h"
#include "features/account/notices_service.h"
#include "features/attempt_budget/attempt_budget_service.h"
#include "features/audit/audit_log.h"
#include "features/backup_code/backup_code_service.h"
#include "features/factor_reset/factor_reset_store.h"
#include "features/link/link_service.h"
#include "features/password/password_service.h"
#include "features/session/session_service.h"
#include "features/totp/totp_service.h"
#include "storage/database.h"

#include <chrono>
#include <optional>
#include <string_view>

namespace keystead::factor_reset {

inline constexpr std::chrono::hours kWait{72};
inline constexpr std::chrono::hours kMailInterval{24};

struct Parts {
    account::AccountService& accounts;
    account::Notices& notices;
    session::SessionService& sessions;
    password::PasswordService& passwords;
    totp::TotpService& totp;
    backup_code::BackupCodeService& backup_codes;
    attempt_budget::AttemptBudgetService& budgets;
    link::LinkService& links;
    audit::AuditLog& audit;
    const Clock& clock;
};

class FactorResetService {
public:
    explicit FactorResetService(const Parts& parts) : p_(parts) {}

    /// When it is or was done: now with a second operator, in 72 hours without.
    /// Errors: account/not-found, factor-reset/not-an-operator (Forbidden: who asks or agrees is
    /// none, is disabled, or is the same person, or the account itself), factor-reset/pending
    /// (Conflict), factor-reset/nothing-to-reset (Conflict).
    Result<Instant> ask(WriteTx& tx, const Actor& actor, AccountId account, AccountId asked_by,
                        std::optional<AccountId> agreed_by);
    /// Errors: factor-reset/not-pending (Conflict).
    Result<void> cancel(WriteTx& tx, const Actor& actor, AccountId account);
    /// The same, where there may be none.
    Result<void> cancel_any(WriteTx& tx, const Actor& actor, AccountId account);
    /// The owner's objection, by the link of a mail. False when the link is no good.
    Result<bool> object(WriteTx& tx, const Actor& actor, std::string_view token);
    /// Job: mails once a day, does what is due. What an operator asked for who is none any more is
    /// cancelled. One that fails does not stop the others; answers the first failure.
    Result<void> run_once(Database& database, Instant now);
    /// Takes every request back (restore): its owner may have objected since. The caller records
    /// it. How many.
    Result<int> cancel_all(WriteTx& tx);
    /// Those asked for after `wall` are as if asked for then; their owners get another mail. How
    /// many.
    Result<int> set_back(WriteTx& tx, const SetBack& clock);
    Result<void> erase(WriteTx& tx, AccountId account);

private:
    Result<void> check_operator(ReadTx& tx, AccountId account, AccountId operator_account);
    Result<void> reset(WriteTx& tx, const Actor& actor, AccountId account);
    Result<void> mail(WriteTx& tx, const Actor& actor, const PendingReset& pending);
    Result<void> advance(WriteTx& tx, const PendingReset& pending, Instant now);

    Parts p_;
    FactorResetStore store_;
};

} // namespace keystead::factor_reset
