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

/// {id} of the path. Errors: token/not-found.
Result<TokenId> token_in_path(const http::Request& request);

} // namespace keystead::api_token
