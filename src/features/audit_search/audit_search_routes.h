// features/audit_search/audit_search_routes.h
//
// The whole log, for operators: search, the tail, one event.
#pragma once

#include "core/result.h"
#include "crypto/keys.h"
#include "features/account/account_service.h"
#include "features/audit_search/audit_search_service.h"
#include "features/audit_search/audit_view_service.h"
#include "features/audit_search/filter_service.h"
#include "features/client_device/client_device_service.h"
#include "features/place/place_service.h"
#include "http/route.h"
#include "storage/database.h"

#include <vector>

namespace keystead::audit_search {

struct RouteParts {
    Database& database;
    const audit::AuditReader& reader;
    const AuditSearchService& search;
    const FilterService& filters;
    AuditViewService& views;
    account::AccountService& accounts;
    const crypto::KeyRing& keys;
    client_device::ClientDeviceService& devices;
    const place::PlaceService& places;
};

/// The parameters of a filter, and what they say.
std::vector<http::QueryParameter> filter_parameters();
void add_routes(http::Router& router, const RouteParts& parts);

} // namespace keystead::audit_search
