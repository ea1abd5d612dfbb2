// features/webhook/webhook_routes.h
//
// An account's webhooks over HTTP. The instance's are made on the command line (ADR 0027).
#pragma once

#include "core/json.h"
#include "features/idempotency/idempotency_service.h"
#include "features/webhook/webhook_service.h"
#include "http/route.h"
#include "storage/database.h"

namespace keystead::webhook {

struct WebhookRouteParts {
    Database& database;
    WebhookService& webhooks;
    idempotency::IdempotencyService& idempotency;
};

void add_routes(http::Router& router, const WebhookRouteParts& parts);

void write_endpoint(JsonWriter& json, const View& view);

} // namespace keystead::webhook
