// features/account_data/account_data_routes.h
//
// GET /v1/account/export, DELETE /v1/account, POST /v1/account/deletion/cancel.
#pragma once

#include "features/account_data/deletion_service.h"
#include "features/account_data/export_service.h"
#include "http/route.h"
#include "storage/database.h"

namespace keystead::account_data {

struct RouteParts {
    Database& database;
    ExportService& exports;
    DeletionService& deletion;
};

/// `parts` is copied; what it refers to lives as long as the router.
void add_routes(http::Router& router, const RouteParts& parts);

} // namespace keystead::account_data
