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

#include <optional>
#include <string_view>

namespace keystead {
class JsonWriter;
}

namespace keystead::activity {

/// The wire form of an event, which the pages of the whole log have too (with further members).
http::Schema activity_schema();
/// The members of activity_schema(), inside an object that the caller begins and ends.
void write_members(JsonWriter& json, const audit::Activity& activity,
                   client_device::ClientDeviceService& devices, const place::PlaceService& places,
                   std::optional<std::string_view> actor_name = std::nullopt);

void add_routes(http::Router& router, Database& database, const audit::AuditService& audit,
                client_device::ClientDeviceService& devices, const place::PlaceService& places);

} // namespace keystead::activity
