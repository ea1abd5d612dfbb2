// features/webhook/delivery_routes.h
//
// What was sent to an endpoint and what became of it; tests and repeats. Added with the endpoints'
// routes.
#pragma once

#include "core/json.h"
#include "features/webhook/webhook_service.h"
#include "http/route.h"
#include "storage/database.h"

namespace keystead::webhook {

/// `{id}` of a path. Errors: webhook/not-found.
Result<EndpointId> endpoint_in_path(const http::Request& request);

void add_delivery_routes(http::Router& router, Database& database, WebhookService& webhooks);

void write_delivery(JsonWriter& json, const Delivery& delivery);
/// As a tester sees it: the delivery, and the request that is made of it.
void write_preview(JsonWriter& json, const WebhookService::Preview& preview);

} // namespace keystead::webhook
