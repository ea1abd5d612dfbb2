// features/product_event/product_event_routes.h
//
// POST /v1/events, for service clients with the right `events`.
#pragma once

#include "features/product_event/product_event_service.h"
#include "http/route.h"
#include "storage/database.h"

#include <string>

namespace keystead::product_event {

/// Outlives the router.
struct RouteParts {
    Database& database;
    ProductEventService& events;
    const ProductEventSettings& settings;
    std::string base_url; // without base path
};

/// What the body has to look like, before parse_events() reads it.
http::Schema events_schema();

void add_routes(http::Router& router, const RouteParts& parts);

} // namespace keystead::product_event
