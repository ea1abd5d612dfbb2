// features/check_up/check_up_routes.h
//
// GET /v1/account/check-up.
#pragma once

#include "features/check_up/check_up_service.h"
#include "http/route.h"
#include "storage/database.h"

#include <string>

namespace keystead::check_up {

/// `base_url` is where the pages are that mend what is found.
void add_routes(http::Router& router, Database& db, CheckUpService& check_ups,
                std::string base_url);

} // namespace keystead::check_up
