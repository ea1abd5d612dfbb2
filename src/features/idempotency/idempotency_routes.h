// features/idempotency/idempotency_routes.h
//
// Reads the Idempotency-Key of a request. No route of its own.
#pragma once

#include "core/result.h"
#include "http/request.h"

#include <optional>
#include <string>

namespace keystead::idempotency {

/// Nothing when there is none. Errors: idempotency/invalid-key (InvalidInput): not 1 to 200 visible
/// ASCII characters, with or without quotes around them.
Result<std::optional<std::string>> key_of(const http::Request& request);

} // namespace keystead::idempotency
