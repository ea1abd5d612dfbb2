// http/request_rules.h
//
// Rules about a request's fields that are decided before any handler runs. Pure.
#pragma once

#include "core/result.h"
#include "http/base_url.h"
#include "http/cookies.h"
#include "http/head.h"
#include "http/principal.h"
#include "http/route.h"

#include <string_view>

namespace keystead::http {

/// `application/json`, with nothing but an optional charset of UTF-8 (RFC 8259 §11).
bool is_json_media_type(std::string_view content_type);

/// Fetch Metadata, or else Origin: an unsafe request must come from our own pages or from a
/// program, which sends neither. Errors: request/cross-site (Forbidden).
Result<void> check_cross_site(const Head& head, const HostPolicy& hosts);

/// For a request that a cookie speaks for: one of Sec-Fetch-Site and Origin must be there, and
/// Keystead-Csrf must be the cookie's own token. Errors: request/cross-site (Forbidden).
Result<void> check_csrf(const Head& head, const Credentials& credentials,
                        Authenticator& authenticator);

/// The credentials that a route may look at. Errors: request/two-identities and request/malformed
/// (InvalidInput).
Result<Credentials> read_credentials(const Head& head, const Route& route, OurCookies& cookies);

/// Whether `principal` may call `route`. Errors: session/required, session/authentication-required,
/// client/required (Unauthenticated), session/restricted (Forbidden; Unauthenticated where checks
/// for the product ask), session/step-up-required (StepUpRequired), access/forbidden
/// (Forbidden).
Result<void> check_access(const Access& access, const Principal& principal, Instant now);

} // namespace keystead::http
