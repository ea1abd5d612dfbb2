// features/password_change/password_change_routes.h
//
// POST /v1/account/password.
#pragma once

#include "core/settings.h"
#include "features/password_change/password_change_service.h"
#include "http/route.h"
#include "storage/database.h"

namespace keystead::password_change {

struct RouteParts {
    Database& database;
    PasswordChangeService& change;
    const password::PasswordPolicy& policy;
    password::PasswordHasher& hasher;
    const SessionSettings& settings;
};

/// `parts` is copied; what it refers to lives as long as the router.
void add_routes(http::Router& router, const RouteParts& parts);

} // namespace keystead::password_change
