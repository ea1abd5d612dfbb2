// features/account/notice_routes.h
//
// GET and PATCH /v1/account/notices: which of the optional notices are sent.
#pragma once

#include "features/account/notices_service.h"
#include "http/route.h"
#include "storage/database.h"

namespace keystead::account {

void add_notice_routes(http::Router& router, Database& database, Notices& notices);

} // namespace keystead::account
