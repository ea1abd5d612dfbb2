#include "app/authenticator.h"

#include <utility>

namespace keystead::app {
namespace {

using http::Principal;

void fill(Principal& principal, const session::CachedSession& session)
{
    principal.kind = Principal::Kind::Session;
    principal.account = session.account;
    principal.session = session.session;
    principal.authenticated_at = session.authenticated_at;
    principal.email = session.email.view();
    principal.is_operator = session.is_operator;
    principal.must_authenticate = session.must_authenticate;
    principal.is_restricted = session.is_restricted;
}

Principal principal_of(const service_client::ServiceClient& client)
{
    Principal principal;
    principal.kind = Principal::Kind::ServiceClient;
    principal.client = client.id;
    principal.client_rights = client.rights;
    return principal;
}

Principal principal_of(const host::Holder& holder)
{
    Principal principal;
    principal.kind = Principal::Kind::Host;
    principal.host = holder.host;
    principal.account = holder.account;
    return principal;
}

void fill(Principal& principal, const api_token::CachedToken& token, const IpAddress& address)
{
    principal.kind = Principal::Kind::Token;
    principal.account = token.account;
    principal.token = token.token;
    principal.permissions = token.permissions;
    principal.wrong_address = !token.may_come_from(address);
    principal.email = token.email;
}

} // namespace

std::optional<Principal> FeatureAuthenticator::find_bearer(const http::Credentials& credentials)
{
    if (const auto parsed = tokens_.parse(credentials.bearer)) {
        Principal principal;
        const bool found =
            may_remember() &&
            tokens_.find_cached(*parsed, use_of(credentials),
                                [&](const api_token::CachedToken& token) {
                                    fill(principal, token, credentials.client_address);
                                });
        return found ? std::optional(std::move(principal)) : std::nullopt;
    }
    if (const auto host = hosts_.parse(credentials.bearer)) {
        const auto holder = may_remember() ? hosts_.find_cached(*host) : std::nullopt;
        return holder ? std::optional(principal_of(*holder)) : std::nullopt;
    }
    if (hosts_.parse_enrolment(credentials.bearer)) {
        return std::nullopt; // Used once: memory knows none.
    }
    if (!clients_.is_well_formed(credentials.bearer)) {
        return Principal{}; // A made-up token never reaches the store: its tag is wrong.
    }
    const auto client = may_remember() ? clients_.find_cached(credentials.bearer) : std::nullopt;
    return client ? std::optional(principal_of(*client)) : std::nullopt;
}

Result<Principal> FeatureAuthenticator::load_bearer(const http::Credentials& credentials)
{
    if (tokens_.parse(credentials.bearer)) {
        KS_TRY(const auto token, tokens_.load(database_, credentials.bearer, use_of(credentials)));
        Principal principal;
        if (token) {
            fill(principal, *token, credentials.client_address);
        }
        return principal;
    }
    if (const auto host = hosts_.parse(credentials.bearer)) {
        KS_TRY(const auto holder, hosts_.load(database_, *host));
        return holder ? principal_of(*holder) : Principal{};
    }
    if (const auto enrolment = hosts_.parse_enrolment(credentials.bearer)) {
        KS_TRY(const auto holder, hosts_.load_enrolment(database_, *enrolment));
        Principal principal = holder ? principal_of(*holder) : Principal{};
        principal.kind = holder ? Principal::Kind::Enrolment : Principal::Kind::Nobody;
        principal.token_digest = enrolment->digest;
        return principal;
    }
    KS_TRY(const auto client, clients_.load(database_, credentials.bearer));
    return client ? principal_of(*client) : Principal{};
}

std::optional<Principal> FeatureAuthenticator::find_cached(const http::Credentials& credentials)
{
    Principal nobody;
    if (!credentials.bearer.empty()) {
        return find_bearer(credentials);
    }
    if (!credentials.session_cookie.empty()) {
        Principal principal;
        if (may_remember() && sessions_.find_cached(credentials.session_cookie,
                                                    [&](const session::CachedSession& session) {
                                                        fill(principal, session);
                                                    })) {
            return principal;
        }
        // A made-up token never reaches the store: its tag is wrong.
        return sessions_.is_well_formed(credentials.session_cookie) ? std::nullopt
                                                                    : std::optional(nobody);
    }
    return credentials.flow_cookie.empty() ? std::optional(nobody) : std::nullopt;
}

Result<Principal> FeatureAuthenticator::load(const http::Credentials& credentials)
{
    if (!credentials.bearer.empty()) {
        return load_bearer(credentials);
    }
    if (!credentials.session_cookie.empty()) {
        KS_TRY(const auto session, sessions_.load(database_, credentials.session_cookie));
        Principal principal;
        if (session) {
            fill(principal, *session);
        }
        return principal;
    }
    KS_TRY(const auto flow, flows_.load(database_, credentials.flow_cookie));
    Principal principal;
    if (flow) {
        principal.kind = Principal::Kind::HalfSignedIn;
        principal.account = flow->account;
        principal.flow = flow->id;
    }
    return principal;
}

bool FeatureAuthenticator::csrf_matches(const http::Credentials& credentials,
                                        std::string_view token)
{
    return credentials.session_cookie.empty()
               ? flows_.csrf_matches(credentials.flow_cookie, token)
               : sessions_.csrf_matches(credentials.session_cookie, token);
}

} // namespace keystead::app
