// features/step_up/step_up_routes.h
//
// GET and POST /v1/step-up.
#pragma once

#include "core/settings.h"
#include "features/step_up/step_up_service.h"
#include "http/route.h"
#include "storage/database.h"

namespace keystead::step_up {

struct RouteParts {
    Database& database;
    StepUpService& step_up;
    session::SessionService& sessions;
    password::PasswordHasher& hasher;
    backup_code::BackupCodeService& backup_codes;
    const SessionSettings& settings;
};

/// `parts` is copied; what it refers to lives as long as the router.
void add_routes(http::Router& router, const RouteParts& parts);

} // namespace keystead::step_up
