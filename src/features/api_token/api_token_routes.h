// features/api_token/api_token_routes.h
//
// /v1/account/tokens…, /v1/account/token-options, and POST /v1/tokens/revoke, by which whoever
// finds a token ends it.
#pragma once

#include "features/api_token/api_token_service.h"
#include "features/api_token/api_token_usage_service.h"
#include "features/idempotency/idempotency_service.h"
#include "http/route.h"
#include "storage/database.h"

namespace keystead::api_token {

struct RouteParts {
    Database& database;
    ApiTokenService& tokens;
    ApiTokenUsageService& usage;
    permission::PermissionService& permissions;
    idempotency::IdempotencyService& idempotency;
    const ApiTokenSettings& settings;
};

void add_routes(http::Router& router, const RouteParts& parts);
/// POST /v1/tokens/revoke; one of add_routes().
void add_surrender_route(http::Router& router, const RouteParts& parts);

} // namespace keystead::api_token
