// http/system_routes.h
//
// The routes that belong to no feature: health, the pages that explain problem codes, and the
// OpenAPI document.
#pragma once

#include "http/openapi.h"
#include "http/problem.h"
#include "http/route_table.h"

#include <functional>

namespace keystead::http {

struct SystemRoutesOptions {
    OpenApiInfo openapi;
    /// Whether this node can take requests (storage answers, not draining). Called on the store
    /// lane.
    std::function<bool()> is_ready;
};

/// Call last: the OpenAPI document describes what `routes` holds by then. `catalogue` must outlive
/// `routes`.
void add_system_routes(RouteTable& routes, const ProblemCatalogue& catalogue,
                       SystemRoutesOptions options);

} // namespace keystead::http
