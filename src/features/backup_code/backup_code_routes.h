// features/backup_code/backup_code_routes.h
//
// GET, POST /v1/account/backup-codes.
#pragma once

#include "core/result.h"
#include "core/secret.h"
#include "features/account/account_service.h"
#include "features/backup_code/backup_code_service.h"
#include "features/idempotency/idempotency_service.h"
#include "http/route.h"
#include "storage/database.h"

#include <string>
#include <vector>

namespace keystead::backup_code {

struct BackupCodeRouteParts {
    Database& database;
    BackupCodeService& backup_codes;
    account::AccountService& accounts;
    idempotency::IdempotencyService& idempotency;
};

void add_routes(http::Router& router, const BackupCodeRouteParts& parts);

/// ["ABCD-…", …]: also part of the answer to the confirmation of a first authenticator.
std::string codes_as_json(const std::vector<Secret>& codes);

} // namespace keystead::backup_code
