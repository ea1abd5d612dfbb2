// features/place/place_routes.h
//
// A place as answers of other slices' routes have it.
#pragma once

#include "http/schema.h"

namespace keystead::place {

/// What write_json() writes.
http::Schema place_schema();

} // namespace keystead::place
