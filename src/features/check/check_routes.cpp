#include "features/check/check_routes.h"

#include "core/json.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace keystead::check {
namespace {

using http::Access;
using http::LaneKind;
using http::LimitGroup;
using http::Method;
using http::TimingKind;

constexpr std::size_t kIntrospectBodyMax = 4096;

// The names of the identity headers; a proxy strips them from what comes in from outside.
constexpr std::string_view kAccount = "Keystead-Account";
constexpr std::string_view kEmail = "Keystead-Email";
constexpr std::string_view kSession = "Keystead-Session";
constexpr std::string_view kRoles = "Keystead-Roles";
constexpr std::string_view kToken = "Keystead-Token";
constexpr std::string_view kPermissions = "Keystead-Permissions";
constexpr std::string_view kPermissionQuery = "permission=";

using http::Principal;
using http::TokenUse;

/// Whether whoever asks may do what the product names. Nothing named: yes. A name that is not in
/// the catalogue is nobody's. A session may do all that its account may, which is everything of its
/// own.
bool is_permitted(const permission::PermissionService& permissions, const Principal& principal,
                  std::string_view name)
{
    if (name.empty()) {
        return true;
    }
    const auto wanted = permissions.find(name);
    return wanted &&
           (principal.kind == Principal::Kind::Session || principal.permissions.has(*wanted));
}

/// An address as a header field may carry it. "Newly defined fields SHOULD limit their values to
/// visible US-ASCII octets" (RFC 9110 §5.5): other octets, and the percent sign, leave
/// percent-encoded (RFC 3986 §2.1).
std::string header_form(std::string_view email)
{
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string form;
    for (const char c : email) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet > 0x20 && octet < 0x7f && c != '%') {
            form += c;
        } else {
            form.append({'%', kHex[octet >> 4U], kHex[octet & 0xfU]});
        }
    }
    return form;
}

bool is_header_form(std::string_view email)
{
    return std::ranges::all_of(email, [](char c) { return c > 0x20 && c < 0x7f && c != '%'; });
}

/// The identity header fields, each given to `put(name, value)`.
template <class Put>
void put_identity(const Principal& principal, const permission::PermissionService& permissions,
                  Put&& put)
{
    put(kAccount, principal.account.text());
    if (is_header_form(principal.email)) {
        put(kEmail, principal.email); // Nearly always: nothing is copied.
    } else {
        put(kEmail, header_form(principal.email));
    }
    if (principal.kind == Principal::Kind::Token) {
        put(kToken, principal.token.text());
        put(kPermissions, permissions.scope_of(principal.permissions));
        return;
    }
    put(kSession, principal.session.text());
    if (principal.is_operator) {
        put(kRoles, "operator");
    }
}

// The access check has found the principal already: nothing is looked up twice. A query in any
// other form than the plain one, and a refusal, which has a body, are the ordinary handler's.
http::InlineHandler inline_check(permission::PermissionService& permissions)
{
    return [&](const http::InlineRequest& request, http::InlineAnswer& answer) {
        std::string_view name;
        if (!request.query.empty()) {
            if (!request.query.starts_with(kPermissionQuery)) {
                return false;
            }
            name = request.query.substr(kPermissionQuery.size());
            if (name.empty()) {
                return false;
            }
        }
        if (!is_permitted(permissions, request.principal, name)) {
            return false;
        }
        put_identity(
            request.principal, permissions,
            [&](std::string_view field, std::string_view value) { answer.header(field, value); });
        return true;
    };
}

http::Handler check_handler(permission::PermissionService& permissions)
{
    return [&](const http::Request& request) -> Result<http::Response> {
        if (!is_permitted(permissions, request.principal,
                          request.query("permission").value_or(""))) {
            return Error{ErrorKind::Forbidden, "token/permission-missing",
                         "The permission that is needed is not held."};
        }
        auto response = http::Response::no_content();
        put_identity(request.principal, permissions,
                     [&](std::string_view field, std::string_view value) {
                         response.headers.emplace_back(field, value);
                     });
        return response;
    };
}

std::optional<char> hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return static_cast<char>(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return static_cast<char>(c - 'a' + 10);
    }
    if (c >= 'A' && c <= 'F') {
        return static_cast<char>(c - 'A' + 10);
    }
    return std::nullopt;
}

// application/x-www-form-urlencoded, one field (WHATWG URL §5.1); nothing when malformed, absent or
// given twice.
std::optional<std::string> form_field(std::string_view form, std::string_view wanted)
{
    std::optional<std::string> found;
    while (!form.empty()) {
        const auto pair = form.substr(0, form.find('&'));
        form.remove_prefix(std::min(pair.size() + 1, form.size()));
        const auto equals = pair.find('=');
        if (equals == std::string_view::npos || pair.substr(0, equals) != wanted) {
            continue;
        }
        if (found) {
            return std::nullopt;
        }
        found.emplace();
        for (std::size_t i = equals + 1; i < pair.size(); ++i) {
            if (pair[i] != '%') {
                found->push_back(pair[i] == '+' ? ' ' : pair[i]);
                continue;
            }
            const auto high = i + 2 < pair.size() ? hex_digit(pair[i + 1]) : std::nullopt;
            const auto low = high ? hex_digit(pair[i + 2]) : std::nullopt;
            if (!low) {
                return std::nullopt;
            }
            found->push_back(static_cast<char>(*high * 16 + *low));
            i += 2;
        }
    }
    return found;
}

std::int64_t seconds_of(Instant instant)
{
    return std::chrono::floor<std::chrono::seconds>(instant.time_since_epoch()).count();
}

// RFC 7662 §2.2: an inactive token gets this and nothing else, whatever is wrong with it.
std::string inactive()
{
    JsonWriter json;
    json.begin_object().member("active", false).end_object();
    return std::move(json).take();
}

std::string introspection(const session::CachedSession& found)
{
    JsonWriter json;
    json.begin_object()
        .member("active", true)
        .member("token_type", "session")
        .member("sub", found.account.text())
        .member("username", found.email.view())
        .member("sid", found.session.text())
        .member("auth_time", seconds_of(found.authenticated_at));
    if (found.expires_at_us != std::numeric_limits<std::int64_t>::max()) {
        json.member("exp", seconds_of(from_micros(found.expires_at_us)));
    }
    json.end_object();
    return std::move(json).take();
}

std::string introspection(const api_token::CachedToken& found,
                          const permission::PermissionService& permissions)
{
    JsonWriter json;
    json.begin_object()
        .member("active", true)
        .member("token_type", "api-token")
        .member("scope", permissions.scope_of(found.permissions))
        .member("sub", found.account.text())
        .member("username", found.email)
        .member("jti", found.token.text())
        .member("iat", seconds_of(from_micros(found.issued_at_us)));
    if (found.expires_at_us != std::numeric_limits<std::int64_t>::max()) {
        json.member("exp", seconds_of(from_micros(found.expires_at_us)));
    }
    json.end_object();
    return std::move(json).take();
}

// RFC 7662 has errors in the form of RFC 6749 §5.2, not problem documents.
http::Response invalid_request(std::string_view description)
{
    JsonWriter json;
    json.begin_object()
        .member("error", "invalid_request")
        .member("error_description", description)
        .end_object();
    return http::Response::json(400, std::move(json).take());
}

/// The token's uses are counted from where the product says its caller is (`client_ip`), or from
/// the product itself. A token that is bound to addresses is active only where that is said.
Result<std::string> introspect_token(const RouteParts& p, const http::Request& request,
                                     std::string_view token)
{
    const auto said = form_field(request.raw_body, "client_ip");
    const auto client = said ? IpAddress::parse(*said) : std::nullopt;
    const api_token::CachedToken::Use use{.at = request.received_at,
                                          .from = client.value_or(request.client_address),
                                          .kind = TokenUse::Introspection};
    std::string answer = inactive();
    const auto show = [&](const api_token::CachedToken& found) {
        if (found.addresses.empty() || (client && found.may_come_from(*client))) {
            answer = introspection(found, p.permissions);
        }
    };
    const auto parsed = p.tokens.parse(token);
    if (parsed && !p.tokens.find_cached(*parsed, use, show)) {
        KS_TRY(const auto loaded, p.tokens.load(p.database, token, use));
        if (loaded) {
            show(*loaded);
        }
    }
    return answer;
}

http::Handler introspect_handler(const RouteParts& p)
{
    return [p](const http::Request& request) -> Result<http::Response> {
        const auto type = request.header("content-type").value_or("");
        if (type.substr(0, type.find(';')) != "application/x-www-form-urlencoded") {
            return invalid_request("the body must be application/x-www-form-urlencoded");
        }
        const auto token = form_field(request.raw_body, "token");
        if (!token) {
            return invalid_request("one field is needed: token");
        }
        if (p.tokens.parse(*token)) {
            KS_TRY(auto answer, introspect_token(p, request, *token));
            return http::Response::json(200, std::move(answer));
        }
        KS_TRY(const auto found, p.sessions.load(p.database, *token));
        const bool is_open = found && !found->must_authenticate && !found->is_restricted;
        return http::Response::json(200, is_open ? introspection(*found) : inactive());
    };
}

} // namespace

void add_routes(http::Router& router, const RouteParts& parts)
{
    router.add(
        {.method = Method::Get,
         .path = "/v1/check",
         .operation = "check",
         .tag = "Beside",
         .summary =
             "Whether the request's session or API token is live and holds `permission`, for a "
             "proxy's forward-auth",
         .lane = LaneKind::Inline,
         .access = Access::session_or_any_token(),
         .limit = LimitGroup::None,
         .body_bytes_max = 0,
         .timing = TimingKind::Immediate,
         .query = {{"permission", http::text(1, 64), "What a token must hold"}},
         .answers = {{204, http::no_body(), "Live; the Keystead-… header fields say whose it is"}},
         .handler = check_handler(parts.permissions),
         .ignores_foreign_authorization = true,
         .inline_handler = inline_check(parts.permissions)});
    router.add(
        {.method = Method::Post,
         .path = "/v1/introspect",
         .operation = "introspect",
         .tag = "Beside",
         .summary = "What a session's or API token stands for (RFC 7662)",
         .lane = LaneKind::Store,
         .access = Access::service_client(http::ClientRight::Introspect),
         .limit = LimitGroup::Read,
         .body_bytes_max = kIntrospectBodyMax,
         .timing = TimingKind::Immediate,
         .answers =
             {{200, http::any(),
               "active, and if so sub, username, exp; of a session sid and auth_time, of an API "
               "token scope, jti and iat"},
              {400, http::any(), "An error as RFC 6749 §5.2 has it"}},
         .handler = introspect_handler(parts),
         .raw_body = true});
}

} // namespace keystead::check
