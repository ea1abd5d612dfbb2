// http/openapi.cpp
//
// Paths, operations and their answers; schemas are written by openapi_schema.cpp.
#include "http/openapi.h"

#include "core/json.h"
#include "http/method.h"
#include "http/openapi_schema.h"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace keystead::http {
namespace {

/// One way to be refused that routes share.
struct SharedAnswer {
    std::string_view component;
    int status;
    std::string_view description;
};

constexpr SharedAnswer kBadRequest{"BadRequest", 400, "The request is malformed."};
constexpr SharedAnswer kUnauthenticated{"Unauthenticated", 401,
                                        "Nobody is proven, or a step-up is needed."};
constexpr SharedAnswer kForbidden{"Forbidden", 403, "Not allowed, or not from our own pages."};
constexpr SharedAnswer kNotFound{"NotFound", 404,
                                 "There is no such thing, or nothing that you may know of."};
constexpr SharedAnswer kConflict{"Conflict", 409, "The state of things does not allow it."};
constexpr SharedAnswer kTooLarge{"TooLarge", 413, "The body is too large."};
constexpr SharedAnswer kMediaType{"UnsupportedMediaType", 415,
                                  "The body must be application/json."};
constexpr SharedAnswer kInvalid{"Invalid", 422,
                                "Members do not have the form asked for; all faults are listed."};
constexpr SharedAnswer kTooMany{"TooManyRequests", 429,
                                "A limit is used up; Retry-After says when to try again."};
constexpr SharedAnswer kInternal{"Internal", 500, "Something went wrong on our side."};
constexpr SharedAnswer kBusy{"Busy", 503,
                             "The server is busy; Retry-After says when to try again."};
constexpr const SharedAnswer* kSharedAnswers[] = {
    &kBadRequest, &kUnauthenticated, &kForbidden, &kNotFound, &kConflict, &kTooLarge,
    &kMediaType,  &kInvalid,         &kTooMany,   &kInternal, &kBusy};

std::vector<const SharedAnswer*> refusals_of(const Route& route)
{
    std::vector<const SharedAnswer*> refusals{&kBadRequest};
    const bool identified = route.access.kind != Access::Kind::Public;
    const bool changes = is_unsafe(route.method);
    const bool has_input = route.request.kind != Schema::Kind::None || !route.query.empty();
    if (identified || !route.problems.empty()) {
        refusals.push_back(&kUnauthenticated);
    }
    if (identified || changes) {
        refusals.push_back(&kForbidden);
    }
    const bool may_be_missing = std::ranges::any_of(
        route.problems, [](std::string_view code) { return code.ends_with("/not-found"); });
    if (may_be_missing || route.path.find('{') != std::string_view::npos) {
        refusals.push_back(&kNotFound);
    }
    if (changes) {
        refusals.push_back(&kConflict);
    }
    if (changes) {
        refusals.push_back(&kTooLarge); // also where no body at all is taken
    }
    if (route.body_bytes_max > 0) {
        refusals.push_back(&kMediaType);
    }
    if (has_input || changes) {
        refusals.push_back(&kInvalid);
    }
    if (route.limit != LimitGroup::None || !route.problems.empty()) {
        refusals.push_back(&kTooMany);
    }
    refusals.insert(refusals.end(), {&kInternal, &kBusy});
    return refusals;
}

void write_security(JsonWriter& json, const Access& access)
{
    json.key("security").begin_array();
    switch (access.kind) {
    case Access::Kind::Public: break;
    case Access::Kind::HalfSignedIn:
        json.begin_object().key("flowCookie").begin_array().end_array().end_object();
        break;
    case Access::Kind::Session:
    case Access::Kind::Operator:
        json.begin_object().key("sessionCookie").begin_array().end_array().end_object();
        if (access.tokens != Access::Tokens::None) {
            json.begin_object().key("apiToken").begin_array().end_array().end_object();
        }
        if (access.right != ClientRight::None) {
            json.begin_object().key("serviceClient").begin_array().end_array().end_object();
        }
        break;
    case Access::Kind::ServiceClient:
        json.begin_object().key("serviceClient").begin_array().end_array().end_object();
        break;
    case Access::Kind::Host:
        json.begin_object().key("hostToken").begin_array().end_array().end_object();
        break;
    case Access::Kind::Enrolment:
        json.begin_object().key("enrolmentToken").begin_array().end_array().end_object();
        break;
    }
    json.end_array();
}

std::string describe(const Route& route)
{
    std::string text(route.summary);
    if (!text.ends_with('.')) {
        text += '.';
    }
    if (route.access.authentication_age_max.count() > 0) {
        text += " Needs an authentication at most " +
                std::to_string(route.access.authentication_age_max.count()) +
                " minutes old (step-up).";
    }
    const auto append_list = [&](std::string_view lead,
                                 const std::vector<std::string_view>& words) {
        if (words.empty()) {
            return;
        }
        text.append(lead);
        for (std::size_t i = 0; i < words.size(); ++i) {
            text.append(i == 0 ? " `" : ", `").append(words[i]).append("`");
        }
        text += '.';
    };
    append_list(" Problem codes beside the general ones:", route.problems);
    append_list(" Audit events:", route.audit);
    return text;
}

/// A rest of several segments, "{path...}", as OpenAPI can say it: "{path}".
std::string documented_path(std::string_view path)
{
    constexpr std::string_view kRestEnd = "...}";
    std::string text(path);
    if (path.ends_with(kRestEnd)) {
        text.replace(text.size() - kRestEnd.size(), kRestEnd.size(), "}");
    }
    return text;
}

std::vector<std::string_view> path_parameters(std::string_view path)
{
    std::vector<std::string_view> names;
    for (std::size_t open = path.find('{'); open != std::string_view::npos;
         open = path.find('{', open + 1)) {
        names.push_back(path.substr(open + 1, path.find('}', open) - open - 1));
    }
    return names;
}

bool may_come_with_cookie(const Access& access)
{
    switch (access.kind) {
    case Access::Kind::HalfSignedIn:
    case Access::Kind::Session:
    case Access::Kind::Operator: return true;
    case Access::Kind::Public:
    case Access::Kind::ServiceClient:
    case Access::Kind::Host:
    case Access::Kind::Enrolment: return false;
    }
    std::abort(); // No default label: the compiler names the kind that someone forgot.
}

void write_parameters(JsonWriter& json, const Route& route)
{
    const std::string path = documented_path(route.path);
    const auto names = path_parameters(path);
    const bool by_cookie = may_come_with_cookie(route.access);
    const bool needs_csrf = is_unsafe(route.method) && by_cookie;
    // Whoever may hear that it was done already may have said by what name.
    const bool takes_key =
        std::ranges::find(route.problems, "idempotency/already-done") != route.problems.end();
    if (names.empty() && route.query.empty() && !needs_csrf && !takes_key) {
        return;
    }
    json.key("parameters").begin_array();
    for (const auto name : names) {
        json.begin_object().member("name", name).member("in", "path").member("required", true);
        json.key("schema").begin_object().member("type", "string").end_object().end_object();
    }
    for (const auto& parameter : route.query) {
        json.begin_object()
            .member("name", parameter.name)
            .member("in", "query")
            .member("required", false);
        if (!parameter.description.empty()) {
            json.member("description", parameter.description);
        }
        json.key("schema");
        write_schema(json, parameter.schema);
        json.end_object();
    }
    if (needs_csrf) {
        json.begin_object().member("$ref", "#/components/parameters/AntiForgery").end_object();
    }
    if (takes_key) {
        json.begin_object().member("$ref", "#/components/parameters/IdempotencyKey").end_object();
    }
    json.end_array();
}

void write_content(JsonWriter& json, std::initializer_list<std::string_view> media_types,
                   const Schema& schema)
{
    json.key("content").begin_object();
    for (const auto media_type : media_types) {
        json.key(media_type).begin_object().key("schema");
        write_schema(json, schema);
        json.end_object();
    }
    json.end_object();
}

void write_answers(JsonWriter& json, const Route& route)
{
    std::map<int, const Answer*> successes;
    for (const auto& answer : route.answers) {
        successes.try_emplace(answer.status, &answer);
    }
    json.key("responses").begin_object();
    for (const auto& [status, answer] : successes) {
        json.key(std::to_string(status)).begin_object();
        json.member("description",
                    answer->description.empty() ? std::string_view("Done.") : answer->description);
        if (!answer->media_types.empty()) {
            json.key("content").begin_object();
            for (const auto media_type : answer->media_types) {
                json.key(media_type).begin_object().end_object();
            }
            json.end_object();
        } else if (status >= 400 && answer->schema.kind == Schema::Kind::Any) {
            // A form that another standard gives, beside ours, which the server answers before the
            // handler is reached.
            write_content(json, {"application/json", "application/problem+json"}, answer->schema);
        } else if (answer->schema.kind != Schema::Kind::None) {
            write_content(json, {status >= 400 ? "application/problem+json" : "application/json"},
                          answer->schema);
        }
        json.end_object();
    }
    if (successes.empty()) {
        json.key("204").begin_object().member("description", "Done.").end_object();
    }
    for (const SharedAnswer* refusal : refusals_of(route)) {
        if (!successes.contains(refusal->status)) {
            json.key(std::to_string(refusal->status)).begin_object();
            json.member("$ref", "#/components/responses/" + std::string(refusal->component))
                .end_object();
        }
    }
    json.end_object();
}

void write_operation(JsonWriter& json, const Route& route)
{
    std::string name(method_name(route.method));
    std::ranges::transform(name, name.begin(), [](char c) { return static_cast<char>(c | 0x20); });
    json.key(name).begin_object();
    json.member("operationId", route.operation)
        .member("summary", route.summary)
        .member("description", describe(route));
    json.key("tags").begin_array().value(route.tag).end_array();
    write_security(json, route.access);
    write_parameters(json, route);
    if (route.request.kind != Schema::Kind::None) {
        json.key("requestBody").begin_object().member("required", true);
        write_content(json, {"application/json"}, route.request);
        json.end_object();
    } else if (route.raw_body) {
        json.key("requestBody")
            .begin_object()
            .member("required", true)
            .key("content")
            .begin_object();
        json.key("application/x-www-form-urlencoded").begin_object().key("schema").begin_object();
        json.member("type", "object").end_object().end_object().end_object().end_object();
    }
    write_answers(json, route);
    json.end_object();
}

/// Operations by path, since a path's methods stand together in the document.
void write_paths(JsonWriter& json, const RouteTable& routes)
{
    std::map<std::string, std::vector<const Route*>> by_path;
    for (const auto& route : routes.routes()) {
        if (route->documented) {
            by_path[documented_path(route->path)].push_back(route.get());
        }
    }
    json.key("paths").begin_object();
    for (const auto& [path, operations] : by_path) {
        json.key(path).begin_object();
        for (const Route* route : operations) {
            write_operation(json, *route);
        }
        json.end_object();
    }
    json.end_object();
}

void write_security_schemes(JsonWriter& json)
{
    const auto cookie = [&](std::string_view scheme, std::string_view name,
                            std::string_view description) {
        json.key(scheme)
            .begin_object()
            .member("type", "apiKey")
            .member("in", "cookie")
            .member("name", name);
        json.member("description", description).end_object();
    };
    json.key("securitySchemes").begin_object();
    cookie("sessionCookie", "__Host-keystead",
           "A session. Unsafe requests carry Keystead-Csrf as well.");
    cookie("flowCookie", "__Host-keystead-flow", "A sign-in that is not complete yet.");
    json.key("apiToken").begin_object().member("type", "http").member("scheme", "bearer");
    json.member("description", "A personal token, `ks_pat_…`.").end_object();
    json.key("serviceClient").begin_object().member("type", "http").member("scheme", "bearer");
    json.member("description", "A service client's token, `ks_svc_…`.").end_object();
    json.key("hostToken").begin_object().member("type", "http").member("scheme", "bearer");
    json.member("description", "A server's token, `ks_host_…`.").end_object();
    json.key("enrolmentToken").begin_object().member("type", "http").member("scheme", "bearer");
    json.member("description", "What enrolls a server, once: `ks_enr_…`.").end_object();
    json.end_object();
}

void write_shared_components(JsonWriter& json)
{
    json.key("parameters").begin_object().key("AntiForgery").begin_object();
    json.member("name", "Keystead-Csrf").member("in", "header").member("required", true);
    json.member("description", "The anti-forgery token that belongs to the cookie (`csrf_token`).");
    json.key("schema").begin_object().member("type", "string").end_object().end_object();
    json.key("IdempotencyKey").begin_object();
    json.member("name", "Idempotency-Key").member("in", "header").member("required", false);
    json.member("description",
                "Any text of yours, new for each creation. A repeat with the same one within a day "
                "makes nothing and is answered 409 `idempotency/already-done` with the `id` of "
                "what was made, never with the secret.");
    json.key("schema")
        .begin_object()
        .member("type", "string")
        .member("maxLength", 200)
        .end_object()
        .end_object()
        .end_object();
    json.key("responses").begin_object();
    for (const SharedAnswer* answer : kSharedAnswers) {
        json.key(answer->component).begin_object().member("description", answer->description);
        json.key("content")
            .begin_object()
            .key("application/problem+json")
            .begin_object()
            .key("schema")
            .begin_object();
        json.member("$ref", "#/components/schemas/Problem")
            .end_object()
            .end_object()
            .end_object()
            .end_object();
    }
    json.end_object();
}

void write_tags(JsonWriter& json, const RouteTable& routes)
{
    std::set<std::string_view> tags;
    for (const auto& route : routes.routes()) {
        if (route->documented) {
            tags.insert(route->tag);
        }
    }
    json.key("tags").begin_array();
    for (const auto tag : tags) {
        json.begin_object()
            .member("name", tag)
            .member("description", std::string(tag) + ".")
            .end_object();
    }
    json.end_array();
}

} // namespace

std::string openapi_document(const RouteTable& routes, const OpenApiInfo& info)
{
    JsonWriter json;
    json.begin_object().member("openapi", "3.1.0");
    json.key("info").begin_object().member("title", info.title).member("version", info.version);
    json.member("description", "Account security: sign-up, sign-in, factors, sessions, recovery.");
    json.key("license")
        .begin_object()
        .member("name", "Apache-2.0")
        .member("identifier", "Apache-2.0")
        .end_object();
    json.end_object();
    json.key("servers").begin_array().begin_object();
    json.member("url",
                info.base_path.empty() ? std::string_view("/") : std::string_view(info.base_path));
    json.member("description", "This server.").end_object().end_array();
    write_tags(json, routes);
    write_paths(json, routes);
    json.key("components").begin_object();
    write_security_schemes(json);
    write_shared_components(json);
    write_named_schemas(json, routes);
    json.end_object().end_object();
    return std::move(json).take();
}

} // namespace keystead::http
