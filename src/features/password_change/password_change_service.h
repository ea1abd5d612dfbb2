// features/password_change/password_change_service.h
//
// Changing one's password in a session (M-03): the current one is asked for; every other session is
// ended unless the owner says otherwise; what hangs on the old password (recovery links, half-done
// sign-ins) is void; every address is told.
//
//   begin ─▶ [check the current one; policy; hash the new one] ─▶ finish
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "features/account/account_service.h"
#include "features/account/notices_service.h"
#include "features/attempt_budget/attempt_budget_service.h"
#include "features/audit/audit_log.h"
#include "features/link/link_service.h"
#include "features/password/password_service.h"
#include "features/session/session_service.h"
#include "features/totp/totp_service.h"

#include <cstdint>
#include <optional>

namespace keystead::password_change {

struct Parts {
    account::AccountService& accounts;
    account::Notices& notices;
    password::PasswordService& passwords;
    attempt_budget::AttemptBudgetService& budgets;
    session::SessionService& sessions;
    totp::TotpService& totp;
    link::LinkService& links;
    audit::AuditLog& audit;
    const Clock& clock;
};

struct Begun {
    account::Account account;
    std::optional<password::StoredPassword>
        stored; // nothing: managed elsewhere (SSO), nothing to change here
    bool has_second_factor = false;
};
enum class OtherSessions : std::uint8_t { End, Keep };
struct Changed {
    session::Established established;
    account::Account account;
};

class PasswordChangeService {
public:
    explicit PasswordChangeService(const Parts& parts) : p_(parts) {}

    /// Charges the attempt and records password.attempt. Errors: password/too-many-attempts
    /// (RateLimited).
    Result<Begun> begin(WriteTx& tx, const Actor& actor);
    /// Records that the current password was wrong.
    Result<void> refuse(WriteTx& tx, const Actor& actor);
    /// Errors: password/changed-meanwhile (Conflict), session/not-found.
    Result<Changed> finish(WriteTx& tx, const Actor& actor, const password::StoredPassword& checked,
                           const password::HashedPassword& hashed, OtherSessions others);

private:
    Parts p_;
};

} // namespace keystead::password_change
