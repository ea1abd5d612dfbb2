#include "features/api_token/token_view_routes.h"

#include "features/place/place_routes.h"

#include <chrono>
#include <cstdlib>
#include <numeric>
#include <utility>

namespace keystead::api_token {
namespace {

std::string_view state_text(State state)
{
    switch (state) {
    case State::Active: return "active";
    case State::Suspended: return "suspended";
    case State::Expired: return "expired";
    }
    std::abort();
}

constexpr std::int64_t kCountMax = 1'000'000'000'000;

http::Schema last_use_schema()
{
    using namespace http;
    return object({{"at", time()}, {"ip", text(2, 45)}, {"place", place::place_schema()}})
        .named("TokenLastUse");
}

void write_last_use(JsonWriter& json, const std::optional<LastUse>& use)
{
    if (!use) {
        json.null();
        return;
    }
    const auto country = place::country_name(use->country_code);
    json.begin_object().member("at", use->at).member("ip", use->ip).key("place");
    place::write_json(json, {.kind = static_cast<place::PlaceKind>(use->place_kind),
                             .country_code = use->country_code,
                             .country_name = std::string(country.value_or(use->country_code)),
                             .city = use->city});
    json.end_object();
}

} // namespace

http::Schema token_schema()
{
    using namespace http;
    return object(
               {{"id", identifier("tok_")},
                {"name", text(1, 100)},
                {"kind", enumeration({"read-only", "deploy", "admin", "custom"})},
                {"permissions", array(text(1, 64), 64)},
                {"addresses", array(text(2, 50), 20)},
                {"state", enumeration({"active", "suspended", "expired"})},
                {"created_at", time()},
                {"expires_at", time().or_null()},
                {"old_secret_ends_at",
                 time().or_null().described("Set while the secret before a rotation still works")},
                {"last_use", last_use_schema().or_null()},
                {"unused", boolean().described("Nobody has used it for long")},
                {"daily_uses", array(integer(0, kCountMax), kDaysKept)
                                   .described("Of the last 90 days, oldest first")}})
        .named("Token");
}

http::Schema made_schema()
{
    using namespace http;
    return object({{"id", identifier("tok_")},
                   {"token", text(1, 200).described("Shown this once")},
                   {"expires_at", time().or_null()},
                   {"old_secret_ends_at", time().or_null()}})
        .named("TokenMade");
}

http::Schema usage_schema()
{
    using namespace http;
    auto day = object({{"date", text(10, 10)},
                       {"api", integer(0, kCountMax)},
                       {"check", integer(0, kCountMax)},
                       {"introspection", integer(0, kCountMax)},
                       {"refused", integer(0, kCountMax)}})
                   .named("TokenDay");
    return object({{"id", identifier("tok_")},
                   {"name", text(1, 100)},
                   {"last_use", last_use_schema().or_null()},
                   {"days", array(std::move(day), kDaysKept)}})
        .named("TokenUsage");
}

http::Schema options_schema()
{
    using namespace http;
    auto permission = object({{"name", text(1, 64)}, {"words", text(1, 200)}}).named("Permission");
    auto kind = object({{"kind", enumeration({"read-only", "deploy", "admin"})},
                        {"permissions", array(text(1, 64), 64)}});
    return object({{"at_most", integer(0, 1000)},
                   {"permissions", array(std::move(permission), 64)},
                   {"full_access", text(1, 64).or_null()},
                   {"kinds", array(std::move(kind), 3)},
                   {"lifetime_days", integer(1, 3650)},
                   {"lifetime_days_max", integer(1, 3650).or_null()},
                   {"rotation_overlap_seconds", integer(0, kCountMax)}})
        .named("TokenOptions");
}

void write_token(JsonWriter& json, const TokenView& view,
                 const permission::PermissionService& permissions)
{
    const ApiToken& token = view.listed.token;
    json.begin_object()
        .member("id", token.id.text())
        .member("name", token.name)
        .member("kind", kind_text(token.kind));
    json.key("permissions").begin_array();
    for (const auto name : permissions.names_of(token.permissions)) {
        json.value(name);
    }
    json.end_array().key("addresses").begin_array();
    for (const auto& range : token.addresses) {
        json.value(range.text());
    }
    json.end_array()
        .member("state", state_text(token.state(view.now)))
        .member("created_at", token.created_at)
        .member("expires_at", token.expires_at)
        .member("old_secret_ends_at", view.listed.old_secret_ends_at);
    json.key("last_use");
    write_last_use(json, view.listed.last_use);
    json.member("unused", view.unused).key("daily_uses").begin_array();
    for (const auto& day : view.usage.days) {
        // Refused ones are none of its uses.
        json.value(std::accumulate(day.begin(), day.end(), std::int64_t{0}) -
                   day[std::to_underlying(TokenUse::Refused)]);
    }
    json.end_array().end_object();
}

void write_usage(JsonWriter& json, const Listed& listed, const Usage& usage)
{
    json.begin_object()
        .member("id", listed.token.id.text())
        .member("name", listed.token.name)
        .key("last_use");
    write_last_use(json, listed.last_use);
    json.key("days").begin_array();
    for (std::size_t i = 0; i < usage.days.size(); ++i) {
        const auto& uses = usage.days[i];
        const auto count = [&uses](TokenUse kind) { return uses[std::to_underlying(kind)]; };
        const Instant midnight{std::chrono::days(usage.first_day + static_cast<std::int64_t>(i))};
        json.begin_object()
            .member("date", std::string_view(rfc3339(midnight)).substr(0, 10))
            .member("api", count(TokenUse::Api))
            .member("check", count(TokenUse::Check))
            .member("introspection", count(TokenUse::Introspection))
            .member("refused", count(TokenUse::Refused))
            .end_object();
    }
    json.end_array().end_object();
}

void write_options(JsonWriter& json, const ApiTokenSettings& settings,
                   const permission::PermissionService& permissions)
{
    using Days = std::chrono::duration<std::int64_t, std::ratio<86400>>;
    const auto days = [](std::chrono::seconds duration) {
        return std::chrono::floor<Days>(duration).count();
    };
    json.begin_object()
        .member("at_most", static_cast<std::int64_t>(settings.at_most))
        .key("permissions")
        .begin_array();
    for (const auto& entry : permissions.entries()) {
        json.begin_object().member("name", entry.name).member("words", entry.words).end_object();
    }
    json.end_array().key("full_access");
    if (const auto full = permissions.full_access()) {
        json.value(permissions.names_of(PermissionSet{}.with(*full)).front());
    } else {
        json.null();
    }
    json.key("kinds").begin_array();
    for (const auto& [kind, names] :
         {std::pair{Kind::ReadOnly, &settings.read_only}, std::pair{Kind::Deploy, &settings.deploy},
          std::pair{Kind::Admin, &settings.admin}}) {
        if (names->empty()) {
            continue;
        }
        json.begin_object().member("kind", kind_text(kind)).key("permissions").begin_array();
        for (const auto& name : *names) {
            json.value(name);
        }
        json.end_array().end_object();
    }
    json.end_array()
        .member("lifetime_days", days(settings.lifetime))
        .member("lifetime_days_max",
                settings.lifetime_max ? std::optional(days(*settings.lifetime_max)) : std::nullopt)
        .member("rotation_overlap_seconds",
                static_cast<std::int64_t>(settings.rotation_overlap.count()))
        .end_object();
}

} // namespace keystead::api_token
