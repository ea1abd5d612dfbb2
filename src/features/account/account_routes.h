// features/account/account_routes.h
//
// GET and PATCH /v1/account, and the operator's /v1/admin/accounts and invitations.
#pragma once

#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "features/account/account_admin_service.h"
#include "features/account/account_service.h"
#include "features/account/notification_address_service.h"
#include "http/request.h"
#include "http/route.h"
#include "storage/database.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace keystead::account {

/// What GET /v1/account shows and other slices know. The composition root fills it.
struct AccountFacts {
    bool has_password = false;
    std::optional<Instant> password_changed_at = {};
    std::uint32_t totp_count = 0; // confirmed ones
    std::uint32_t backup_codes_remaining = 0;
    Instant session_authenticated_at = {};
    std::optional<Instant> session_step_up_fresh_until = {};
    std::string csrf_token = {};
};

/// Asked inside the reading transaction of the request.
using FindAccountFacts = std::function<Result<AccountFacts>(ReadTx&, const http::Request&)>;

struct RouteParts {
    Database& database;
    AccountService& accounts;
    AccountAdminService& admin;
    NotificationAddressService& addresses;
    const Clock& clock;
    FindAccountFacts facts;
};

/// `parts` is copied; what it refers to lives as long as the router.
void add_routes(http::Router& router, const RouteParts& parts);

} // namespace keystead::account
