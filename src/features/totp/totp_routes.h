// features/totp/totp_routes.h
//
// GET, POST, DELETE /v1/account/totp… . What these routes need of other slices is handed in by app/.
#pragma once

#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "features/attempt_budget/attempt_budget_service.h"
#include "features/backup_code/backup_code_service.h"
#include "features/password/password_service.h"
#include "features/totp/totp_service.h"
#include "http/request.h"
#include "http/response.h"
#include "http/route.h"
#include "storage/database.h"

#include <functional>
#include <optional>
#include <string>

namespace keystead::totp {

/// A session that goes on under a new id.
struct RotatedSession {
    http::Cookie cookie;
    std::string csrf_token;
};

/// Gives the request's session a new id, ends the account's other sessions, all in the transaction of the change
/// (security: the old id is dead when the answer leaves). May run twice, as the transaction may.
using RotateSession = std::function<Result<RotatedSession>(WriteTx&, const http::Request&)>;
/// Until when changes of factors are frozen ("this was not me"); nothing when they are not.
using FactorsFrozenUntil = std::function<Result<std::optional<Instant>>(ReadTx&, AccountId, Instant now)>;
/// The account's e-mail address, as the label in the authenticator app.
using FindEmail = std::function<Result<std::string>(ReadTx&, AccountId)>;

struct TotpRouteParts {
    Database& database;
    TotpService& totp;
    backup_code::BackupCodeService& backup_codes;
    attempt_budget::AttemptBudgetService& budget;
    password::PasswordService& passwords;
    const Clock& clock;
    std::string product_name; // the issuer
    RotateSession rotate_session;
    FactorsFrozenUntil factors_frozen_until;
    FindEmail find_email;
};

void add_routes(http::Router& router, TotpRouteParts parts);

} // namespace keystead::totp
