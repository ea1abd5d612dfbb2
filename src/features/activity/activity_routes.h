// features/activity/activity_routes.h
//
// The account's own activity: what the audit log holds for it, with places and devices in words. A
// slice of its own, since the audit log is the floor that everything stands on and includes no
// other slice.
#pragma once

#include "features/audit/audit_service.h"
#include "features/client_device/client_device_service.h"
#include "features/place/place_service.h"
#include "http/route.h"
#include "storage/database.h"

namespace keystead::activity {

void add_routes(http::Router& router, Database& database, const audit::AuditService& audit,
                client_device::ClientDeviceService& devices, const place::PlaceService& places);

} // namespace keystead::activity
