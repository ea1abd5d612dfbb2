// features/sign_up/sign_up_routes.h
//
// sign-up, sign-up/confirm, set-up, set-up/state.
#pragma once

#include "features/password/password_service.h"
#include "features/sign_in/sign_in_routes.h"
#include "features/sign_up/sign_up_service.h"
#include "http/route.h"

namespace keystead::sign_up {

struct RouteParts {
    sign_in::RouteParts sign_in; // database, hasher, and what a session's answer needs
    SignUpService& sign_up;
    const password::PasswordPolicy& policy;
};

/// `parts` is copied; what it refers to lives as long as the router.
void add_routes(http::Router& router, const RouteParts& parts);

} // namespace keystead::sign_up
