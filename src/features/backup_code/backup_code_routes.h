// features/backup_code/backup_code_routes.h
//
// GET, POST /v1/account/backup-codes. What these routes need of other slices is handed in by app/.
#pragma once

#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "features/backup_code/backup_code_service.h"
#include "http/route.h"
#include "storage/database.h"

#include <functional>
#include <optional>
#include <string>

namespace keystead::backup_code {

/// Until when changes of factors are frozen ("this was not me"); nothing when they are not.
using FactorsFrozenUntil = std::function<Result<std::optional<Instant>>(ReadTx&, AccountId, Instant now)>;

struct BackupCodeRouteParts {
    Database& database;
    BackupCodeService& backup_codes;
    const Clock& clock;
    FactorsFrozenUntil factors_frozen_until;
};

void add_routes(http::Router& router, BackupCodeRouteParts parts);

/// ["ABCD-…", …]: also the answer to the confirmation of a first authenticator.
std::string codes_as_json(const std::vector<Secret>& codes);

} // namespace keystead::backup_code
