// http/openapi.h
//
// The OpenAPI 3.1 document, made from the route declarations alone.
#pragma once

#include "http/problem.h"
#include "http/route_table.h"

#include <string>
#include <string_view>

namespace keystead::http {

struct OpenApiInfo {
    std::string title = "Keystead";
    std::string version = "0.1.0";
    std::string base_path; // "" or "/account"
};

/// Documented routes, schemas by name under components, all error answers as problems, security
/// schemes.
std::string openapi_document(const RouteTable& routes, const OpenApiInfo& info);

} // namespace keystead::http
