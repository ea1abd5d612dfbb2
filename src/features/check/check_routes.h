// features/check/check_routes.h
//
// What the product beside Keystead asks on every request of its own: GET /v1/check (forward-auth
// for proxies, answered from memory) and POST /v1/introspect (RFC 7662, for service clients).
// Neither changes anything.
#pragma once

#include "features/session/session_service.h"
#include "http/route.h"
#include "storage/database.h"

namespace keystead::check {

void add_routes(http::Router& router, Database& db, session::SessionService& sessions);

} // namespace keystead::check
