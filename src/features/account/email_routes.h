// features/account/email_routes.h
//
// /v1/account/email… and /v1/account/notification-addresses….
#pragma once

#include "features/account/account_service.h"
#include "features/account/email_change_service.h"
#include "features/account/notification_address_service.h"
#include "http/route.h"
#include "storage/database.h"

namespace keystead::account {

struct EmailRouteParts {
    Database& database;
    EmailChangeService& email;
    NotificationAddressService& addresses;
};

/// `parts` is copied; what it refers to lives as long as the router.
void add_email_routes(http::Router& router, const EmailRouteParts& parts);

} // namespace keystead::account
