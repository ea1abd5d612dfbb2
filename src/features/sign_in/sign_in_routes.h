// features/sign_in/sign_in_routes.h
//
// sign-in, sign-in/second-factor, sign-in/end-session, sign-in/methods, sign-out; and how other
// flows that end in a session put together their answer.
#pragma once

#include "core/settings.h"
#include "features/client_device/client_device_service.h"
#include "features/password/assessment_service.h"
#include "features/password/password_service.h"
#include "features/place/place_service.h"
#include "features/session/session_routes.h"
#include "features/sign_in/sign_in_service.h"
#include "http/route.h"
#include "storage/database.h"

#include <string_view>

namespace keystead::sign_in {

inline constexpr std::string_view kFlowCookie = "__Host-keystead-flow";
inline constexpr std::string_view kDeviceCookie = "__Host-keystead-device";

struct RouteParts {
    Database& database;
    SignInService& sign_in;
    sign_in_flow::SignInFlowService& flows;
    session::SessionService& sessions;
    known_device::KnownDeviceService& devices;
    password::PasswordHasher& hasher;
    const password::AssessmentService& assessments;
    backup_code::BackupCodeService& backup_codes;
    client_device::ClientDeviceService& client_devices;
    const place::PlaceService& places;
    const Settings& settings;
};

/// Device, trust and origin of a request. Not inside a transaction.
Whence whence_of(const http::Request& request, const RouteParts& parts);
/// The answer to a finished sign-in, with its cookies.
http::Response signed_in_response(int status, const SignedIn& signed_in,
                                  session::OfferSecondFactor offer);

/// `parts` is copied; what it refers to lives as long as the router.
void add_routes(http::Router& router, const RouteParts& parts);

} // namespace keystead::sign_in
