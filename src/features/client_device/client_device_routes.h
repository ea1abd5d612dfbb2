// features/client_device/client_device_routes.h
//
// A device as answers of other slices' routes have it.
#pragma once

#include "http/schema.h"

namespace keystead::client_device {

/// What write_json() writes.
http::Schema device_schema();

} // namespace keystead::client_device
