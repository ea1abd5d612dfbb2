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

// The access check has found the session already: nothing is looked up twice.
bool answer_from_memory(const http::InlineRequest& request, http::InlineAnswer& answer)
{
    answer.header(kAccount, request.principal.account.text());
    answer.header(kEmail, request.principal.email);
    answer.header(kSession, request.principal.session.text());
    if (request.principal.is_operator) {
        answer.header(kRoles, "operator");
    }
    return true;
}

http::Response check(const http::Request& request)
{
    const auto& principal = request.principal;
    auto response = http::Response::no_content();
    response.headers = {{std::string(kAccount), principal.account.text()},
                        {std::string(kEmail), principal.email},
                        {std::string(kSession), principal.session.text()}};
    if (principal.is_operator) {
        response.headers.emplace_back(kRoles, "operator");
    }
    return response;
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

// RFC 7662 §2.2. An inactive token gets {"active":false} and nothing else, whatever is wrong with
// it.
std::string introspection(const std::optional<session::CachedSession>& found)
{
    JsonWriter json;
    json.begin_object();
    if (!found || found->must_authenticate) {
        json.member("active", false).end_object();
        return std::move(json).take();
    }
    json.member("active", true)
        .member("token_type", "session")
        .member("sub", found->account.text())
        .member("username", found->email)
        .member("sid", found->session.text())
        .member("auth_time", seconds_of(found->authenticated_at));
    if (found->expires_at_us != std::numeric_limits<std::int64_t>::max()) {
        json.member("exp", seconds_of(from_micros(found->expires_at_us)));
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

http::Handler introspect_handler(Database& db, session::SessionService& sessions)
{
    return [&](const http::Request& request) -> Result<http::Response> {
        const auto type = request.header("content-type").value_or("");
        if (type.substr(0, type.find(';')) != "application/x-www-form-urlencoded") {
            return invalid_request("the body must be application/x-www-form-urlencoded");
        }
        const auto token = form_field(request.raw_body, "token");
        if (!token) {
            return invalid_request("one field is needed: token");
        }
        KS_TRY(const auto found, sessions.load(db, *token));
        return http::Response::json(200, introspection(found));
    };
}

} // namespace

void add_routes(http::Router& router, Database& db, session::SessionService& sessions)
{
    router.add(
        {.method = Method::Get,
         .path = "/v1/check",
         .operation = "check",
         .tag = "Beside",
         .summary = "Whether the request's session is live, for a proxy's forward-auth",
         .lane = LaneKind::Inline,
         .access = Access::session(),
         .limit = LimitGroup::None,
         .body_bytes_max = 0,
         .timing = TimingKind::Immediate,
         .answers = {{204, http::no_body(), "Live; the Keystead-… header fields say whose it is"}},
         .handler = [](const http::Request& request) -> Result<http::Response> {
             return check(request);
         },
         .ignores_foreign_authorization = true,
         .inline_handler = answer_from_memory});
    router.add(
        {.method = Method::Post,
         .path = "/v1/introspect",
         .operation = "introspect",
         .tag = "Beside",
         .summary = "What a session token stands for (RFC 7662)",
         .lane = LaneKind::Store,
         .access = Access::service_client(http::ClientRight::Introspect),
         .limit = LimitGroup::Read,
         .body_bytes_max = kIntrospectBodyMax,
         .timing = TimingKind::Immediate,
         .answers = {{200, http::any(), "active, and if so sub, username, sid, auth_time, exp"},
                     {400, http::any(), "An error as RFC 6749 §5.2 has it"}},
         .handler = introspect_handler(db, sessions),
         .raw_body = true});
}

} // namespace keystead::check
