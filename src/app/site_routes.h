// app/site_routes.h
//
// Routes that belong to no feature but to the installation: the settings in effect, for operators,
// and well-known paths.
#pragma once

#include "app/foundation.h"
#include "http/route.h"

namespace keystead::app {

void add_site_routes(http::Router& router, const Foundation& foundation);

} // namespace keystead::app
