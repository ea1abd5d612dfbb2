// features/incident/incident_routes.h
//
// POST /v1/not-me.
#pragma once

#include "features/incident/incident_service.h"
#include "http/route.h"
#include "storage/database.h"

namespace keystead::incident {

void add_routes(http::Router& router, Database& db, IncidentService& incidents);

} // namespace keystead::incident
