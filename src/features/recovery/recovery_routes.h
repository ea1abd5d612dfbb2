// features/recovery/recovery_routes.h
//
// POST /v1/recovery and /v1/recovery/confirm.
#pragma once

#include "features/recovery/recovery_service.h"
#include "http/route.h"
#include "storage/database.h"

namespace keystead::recovery {

struct RouteParts {
    Database& database;
    RecoveryService& recovery;
    const password::PasswordPolicy& policy;
    password::PasswordHasher& hasher;
    backup_code::BackupCodeService& backup_codes;
};

/// `parts` is copied; what it refers to lives as long as the router.
void add_routes(http::Router& router, const RouteParts& parts);

} // namespace keystead::recovery
