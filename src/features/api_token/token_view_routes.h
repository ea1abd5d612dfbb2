// features/api_token/token_view_routes.h
//
// How tokens look in answers, and the schemas that say so.
#pragma once

#include "core/json.h"
#include "features/api_token/api_token_usage_service.h"
#include "features/permission/permission_service.h"
#include "http/schema.h"

namespace keystead::api_token {

http::Schema token_schema();
http::Schema made_schema();
http::Schema usage_schema();
http::Schema options_schema();

struct TokenView {
    const Listed& listed;
    const Usage& usage;
    bool unused;
    Instant now;
};
void write_token(JsonWriter& json, const TokenView& view,
                 const permission::PermissionService& permissions);
void write_usage(JsonWriter& json, const Listed& listed, const Usage& usage);
void write_options(JsonWriter& json, const ApiTokenSettings& settings,
                   const permission::PermissionService& permissions);

} // namespace keystead::api_token
