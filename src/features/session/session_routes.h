// features/session/session_routes.h
//
// Routes of the account's sessions, and the JSON that other slices show sessions and sign-ins with.
#pragma once

#include "core/json.h"
#include "features/account/account_service.h"
#include "features/account/notices_service.h"
#include "features/client_device/client_device_service.h"
#include "features/place/place_service.h"
#include "features/session/session_service.h"
#include "http/route.h"
#include "storage/database.h"

#include <optional>
#include <string_view>

namespace keystead::session {

inline constexpr std::string_view kSessionCookie = "__Host-keystead";

/// What the client looks like from here. Compiles expressions at first use: not inside a
/// transaction.
Origin origin_of(const http::Request& request, client_device::ClientDeviceService& devices,
                 const place::PlaceService& places);

http::Schema session_schema();
void write_session(JsonWriter& json, const Session& session, std::optional<SessionId> current);

http::Schema signed_in_schema();
enum class OfferSecondFactor : std::uint8_t { No, Yes };
/// The answer of everything that signs in or renews a session: body, session cookie.
http::Response signed_in(int status, const Established& established,
                         const account::Account& account, OfferSecondFactor offer);
/// The cookie that removes the session's.
http::Cookie cleared_session_cookie();

void add_routes(http::Router& router, Database& db, SessionService& sessions,
                account::Notices& notices);

} // namespace keystead::session
