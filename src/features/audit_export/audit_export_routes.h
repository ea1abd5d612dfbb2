// features/audit_export/audit_export_routes.h
#pragma once

#include "features/audit_export/audit_export_service.h"
#include "features/audit_search/filter_service.h"
#include "features/session/session_service.h"
#include "http/route.h"
#include "storage/database.h"

namespace keystead::audit_export {

struct RouteParts {
    Database& database;
    AuditExportService& exports;
    const audit_search::FilterService& filters;
    session::SessionService& sessions;
};

void add_routes(http::Router& router, const RouteParts& parts);

} // namespace keystead::audit_export
