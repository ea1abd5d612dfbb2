// features/totp/totp_routes.h
//
// GET, POST, DELETE /v1/account/totp… . The session slice stands above this one: what is needed of
// it is handed in.
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "features/account/account_service.h"
#include "features/attempt_budget/attempt_budget_service.h"
#include "features/backup_code/backup_code_service.h"
#include "features/idempotency/idempotency_service.h"
#include "features/totp/totp_service.h"
#include "http/request.h"
#include "http/response.h"
#include "http/route.h"
#include "storage/database.h"

#include <functional>
#include <string>

namespace keystead::totp {

/// A session that goes on under a new id.
struct RotatedSession {
    http::Cookie cookie;
    std::string csrf_token;
};

/// Gives the request's session a new token and ends the account's other sessions, in the
/// transaction of the change: the old ones are dead when the answer leaves. May run twice, as the
/// transaction may.
using RotateSession = std::function<Result<RotatedSession>(WriteTx&, const http::Request&)>;

struct TotpRouteParts {
    Database& database;
    TotpService& totp;
    backup_code::BackupCodeService& backup_codes;
    attempt_budget::AttemptBudgetService& budget;
    account::AccountService& accounts;
    idempotency::IdempotencyService& idempotency;
    const Clock& clock;
    std::string product_name; // the issuer
    RotateSession rotate_session;
};

void add_routes(http::Router& router, const TotpRouteParts& parts);

} // namespace keystead::totp
