// http/request_rules.cpp
#include "http/request_rules.h"

#include "http/ascii.h"

#include <cstdlib>
#include <string>
#include <utility>

namespace keystead::http {
namespace {

[[maybe_unused]] Error cross_site()
{
    return {ErrorKind::Forbidden, "request/cross-site",
            "The request does not come from our own pages."};
}

constexpr std::string_view kPersonalToken = "ks_pat_";
constexpr std::string_view kClientToken = "ks_svc_";

Error session_required()
{
    return {ErrorKind::Unauthenticated, "session/required", "Sign in first."};
}

Error server_required(std::string what)
{
    return {ErrorKind::Unauthenticated, "host/required", std::move(what) + " is needed."};
}

Result<void> check_token([[maybe_unused]] const Access& access,
                         [[maybe_unused]] const Principal& principal)
{
#ifndef KEYSTEAD_WITHOUT_TOKEN_ACCESS
    if (principal.wrong_address) {
        return Error{ErrorKind::Forbidden, "token/address-refused",
                     "This token may not be used from your address."};
    }
    if (access.tokens == Access::Tokens::None) {
        return Error{ErrorKind::Forbidden, "token/not-allowed",
                     "This is for people: no token opens it."};
    }
    if (access.tokens == Access::Tokens::WithPermission &&
        !principal.permissions.has(access.permission_of_tokens())) {
        return Error{ErrorKind::Forbidden, "token/permission-missing",
                     "This token does not hold the permission that is needed."};
    }
#endif
    return {};
}

Result<void> check_client(const Access& access, const Principal& principal)
{
    if ((principal.client_rights & static_cast<std::uint32_t>(access.right)) == 0) {
        return Error{ErrorKind::Forbidden, "access/forbidden", "This client has no such right."};
    }
    return {};
}

Result<void> check_restricted([[maybe_unused]] const Access& access,
                              [[maybe_unused]] const Principal& principal)
{
#ifndef KEYSTEAD_WITHOUT_SECURE_RESTRICTED
    if (principal.is_restricted && !access.allow_restricted) {
        // A proxy that asks about its product's visitor sends them to the pages, which lead on.
        const bool is_check = access.tokens == Access::Tokens::Any;
        return Error{is_check ? ErrorKind::Unauthenticated : ErrorKind::Forbidden,
                     "session/restricted",
                     "This account is being secured: until that is done nothing else is open."};
    }
#endif
    return {};
}

Result<void> check_session(const Access& access, const Principal& principal, Instant now)
{
    if (principal.kind == Principal::Kind::ServiceClient && access.right != ClientRight::None) {
        return check_client(access, principal);
    }
    if (principal.kind == Principal::Kind::Token) {
        return check_token(access, principal);
    }
    if (principal.kind != Principal::Kind::Session) {
        return session_required();
    }
    if (principal.must_authenticate && !access.allow_due) {
        return Error{ErrorKind::Unauthenticated, "session/authentication-required",
                     "This session must authenticate again."};
    }
    KS_CHECK(check_restricted(access, principal));
    if (access.kind == Access::Kind::Operator && !principal.is_operator) {
        return Error{ErrorKind::Forbidden, "access/forbidden", "This is not yours to do."};
    }
    // A sign-in in the future (the clock went back) counts as old: never fresh for longer than it
    // was given.
    if (access.authentication_age_max.count() > 0 &&
        (now - principal.authenticated_at > access.authentication_age_max ||
         principal.authenticated_at > now)) {
        return Error{ErrorKind::StepUpRequired, "session/step-up-required",
                     "Confirm that it is you."};
    }
    return {};
}

} // namespace

bool is_json_media_type(std::string_view content_type)
{
    const std::size_t semicolon = content_type.find(';');
    if (!ascii_iequal(trim(content_type.substr(0, semicolon)), "application/json")) {
        return false;
    }
    if (semicolon == std::string_view::npos) {
        return true;
    }
    const std::string_view parameter = trim(content_type.substr(semicolon + 1));
    return ascii_iequal(parameter, "charset=utf-8") || ascii_iequal(parameter, "charset=\"utf-8\"");
}

Result<void> check_cross_site([[maybe_unused]] const Head& head,
                              [[maybe_unused]] const HostPolicy& hosts)
{
#ifndef KEYSTEAD_WITHOUT_CROSS_SITE
    if (head.has_field("sec-fetch-site")) {
        if (head.field("sec-fetch-site") != "same-origin") {
            return cross_site();
        }
    } else if (head.has_field("origin") && !hosts.is_our_origin(head.field("origin"))) {
        return cross_site();
    }
#endif
    return {};
}

Result<void> check_csrf([[maybe_unused]] const Head& head,
                        [[maybe_unused]] const Credentials& credentials,
                        [[maybe_unused]] Authenticator& authenticator)
{
#ifndef KEYSTEAD_WITHOUT_CSRF
    if (!head.has_field("sec-fetch-site") && !head.has_field("origin")) {
        return cross_site();
    }
    if (!authenticator.csrf_matches(credentials, head.field("keystead-csrf"))) {
        return cross_site();
    }
#endif
    return {};
}

Result<Credentials> read_credentials(const Head& head, const Route& route, OurCookies& cookies)
{
    if (!parse_cookies(head.field("cookie"), cookies)) {
        return Error{ErrorKind::InvalidInput, "request/malformed",
                     "A cookie of ours comes twice or is not one."};
    }
    Credentials credentials;
    credentials.token_use =
        route.access.tokens == Access::Tokens::Any ? TokenUse::Check : TokenUse::Api;
    const std::string_view authorization = head.field("authorization");
    constexpr std::string_view kBearer = "Bearer ";
    // The scheme's name has no case (RFC 9110 §11.1).
    const bool is_bearer = ascii_iequal(authorization.substr(0, kBearer.size()), kBearer);
    const std::string_view token =
        is_bearer ? trim(authorization.substr(kBearer.size())) : std::string_view{};
    const bool is_foreign = !token.starts_with("ks_");
    const bool counts =
        head.has_field("authorization") && !(is_foreign && route.ignores_foreign_authorization);
    if (counts && (!cookies.session.empty() || !cookies.flow.empty())) {
        return Error{ErrorKind::InvalidInput, "request/two-identities",
                     "Send a cookie or an Authorization field, not both."};
    }
    switch (route.access.kind) {
    case Access::Kind::Public: break; // Whoever it is: a public route does not look.
    case Access::Kind::HalfSignedIn: credentials.flow_cookie = cookies.flow; break;
    case Access::Kind::Session:
    case Access::Kind::Operator:
        credentials.session_cookie = cookies.session;
        // Looked at on every such route, so that a token hears that it is not enough.
        if (counts &&
            (token.starts_with(kPersonalToken) ||
             (token.starts_with(kClientToken) && route.access.right != ClientRight::None))) {
            credentials.bearer = token;
        }
        break;
    case Access::Kind::ServiceClient:
        if (counts && token.starts_with(kClientToken)) { // Others are not even looked up.
            credentials.bearer = token;
        }
        break;
    case Access::Kind::Host:
    case Access::Kind::Enrolment:
        if (counts) {
            credentials.bearer = token;
        }
        break;
    }
    return credentials;
}

Result<void> check_access(const Access& access, const Principal& principal, Instant now)
{
    switch (access.kind) {
    case Access::Kind::Public: return {};
    case Access::Kind::HalfSignedIn:
        if (principal.kind != Principal::Kind::HalfSignedIn) {
            return Error{ErrorKind::Unauthenticated, "sign-in/flow-ended",
                         "Start signing in again."};
        }
        return {};
    case Access::Kind::Session:
    case Access::Kind::Operator: return check_session(access, principal, now);
    case Access::Kind::ServiceClient:
        if (principal.kind != Principal::Kind::ServiceClient) {
            return Error{ErrorKind::Unauthenticated, "client/required",
                         "A service client's token is needed."};
        }
        return check_client(access, principal);
    case Access::Kind::Host:
        return principal.kind == Principal::Kind::Host ? Result<void>{}
                                                       : server_required("A server's token");
    case Access::Kind::Enrolment:
        return principal.kind == Principal::Kind::Enrolment
                   ? Result<void>{}
                   : server_required("An enrolment token that is not used yet");
    }
    std::abort();
}

} // namespace keystead::http
