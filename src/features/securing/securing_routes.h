// features/securing/securing_routes.h
//
// /v1/account/secure… of the owner, /v1/admin/…secure… of operators. The steps that other slices
// have routes for (password, second factor, tokens, SSH keys, addresses) use those; app/ opens each
// to a session in the flow while the flow is in that step.
#pragma once

#include "core/settings.h"
#include "features/api_token/api_token_usage_service.h"
#include "features/client_device/client_device_service.h"
#include "features/place/place_service.h"
#include "features/securing/securing_service.h"
#include "http/route.h"
#include "storage/database.h"

#include <functional>
#include <string_view>
#include <vector>

namespace keystead {
class JsonWriter;
}

namespace keystead::securing {

inline constexpr std::string_view kTag = "Securing"; // of the routes, in the API's description

struct RouteParts {
    Database& database;
    SecuringService& securing;
    account::AccountService& accounts;
    session::SessionService& sessions;
    client_device::ClientDeviceService& devices;
    const place::PlaceService& places;
    const Clock& clock;
    const ProductSettings& product;
};

/// `parts` is copied; what it refers to lives as long as the router.
void add_routes(http::Router& router, const RouteParts& parts);
/// Of the steps that no other slice has routes for, and of operators; parts of add_routes().
void add_step_routes(http::Router& router, const RouteParts& parts);
void add_admin_routes(http::Router& router, const RouteParts& parts);

/// What came of each, in their order. Once the server has failed the rest is not tried, and has its
/// error: to be asked for again. An Error when it had frozen none by then.
Result<std::vector<Result<Frozen>>> freeze_each(
    const std::vector<std::string_view>& names,
    const std::function<Result<Frozen>(std::string_view)>& freeze);

/// What a freeze did: the members of an object that the caller begins and ends.
void write_frozen(JsonWriter& json, const Frozen& frozen);
http::Schema server_schema();

} // namespace keystead::securing
