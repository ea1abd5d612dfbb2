// features/check/check_routes.h
//
// What the product beside Keystead asks on every request of its own: GET /v1/check (forward-auth
// for proxies, answered from memory) and POST /v1/introspect (RFC 7662, for service clients), for
// sessions and API tokens. Neither changes anything; a token's use is counted.
#pragma once

#include "features/api_token/api_token_service.h"
#include "features/permission/permission_service.h"
#include "features/session/session_service.h"
#include "http/route.h"
#include "storage/database.h"

namespace keystead::check {

struct RouteParts {
    Database& database;
    session::SessionService& sessions;
    api_token::ApiTokenService& tokens;
    permission::PermissionService& permissions;
};

void add_routes(http::Router& router, const RouteParts& parts);

} // namespace keystead::check
