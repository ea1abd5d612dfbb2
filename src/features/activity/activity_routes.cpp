#include "features/activity/activity_routes.h"

#include "core/encoding.h"
#include "core/json.h"
#include "features/client_device/client_device_routes.h"
#include "features/place/place_routes.h"
#include "http/schema.h"

#include <charconv>
#include <cstdlib>
#include <string>
#include <utility>

namespace keystead::activity {

namespace {

constexpr std::uint32_t kPageUsual = 50;
constexpr std::size_t kActionMax = 64;
constexpr std::size_t kTextMax = audit::kTextBytesMax;

std::string_view actor_kind_text(ActorKind kind)
{
    switch (kind) {
    case ActorKind::Nobody: return "nobody";
    case ActorKind::Account: return "account";
    case ActorKind::ServiceClient: return "service-client";
    case ActorKind::Operator: return "operator";
    case ActorKind::System: return "system";
    }
    std::abort();
}

std::string_view outcome_text(audit::Outcome outcome)
{
    switch (outcome) {
    case audit::Outcome::Ok: return "ok";
    case audit::Outcome::Refused: return "refused";
    case audit::Outcome::Failed: return "failed";
    }
    std::abort();
}

/// What a person sees of a stored text, which a client may have chosen.
std::string shown(const std::string& text)
{
    return client_device::printable(text, kTextMax);
}

void write_circumstances(JsonWriter& json, const audit::Activity& activity,
                         client_device::ClientDeviceService& devices,
                         const place::PlaceService& places)
{
    const auto address = IpAddress::parse(activity.ip);
    json.member("ip", address ? std::optional(activity.ip) : std::nullopt);
    json.key("place");
    if (address) {
        place::write_json(json, places.find(*address));
    } else {
        json.null();
    }
    json.key("device");
    if (activity.client.user_agent.empty()) {
        json.null();
    } else {
        client_device::write_json(json, devices.describe(activity.client));
    }
}

std::optional<audit::Outcome> outcome_from(std::optional<std::string_view> text)
{
    for (const auto outcome :
         {audit::Outcome::Ok, audit::Outcome::Refused, audit::Outcome::Failed}) {
        if (text == outcome_text(outcome)) {
            return outcome;
        }
    }
    return std::nullopt;
}

audit::ActivityQuery query_of(const http::Request& request)
{
    audit::ActivityQuery query{.cursor = std::string(request.query("cursor").value_or("")),
                               .limit = kPageUsual,
                               .action = std::string(request.query("action").value_or("")),
                               .outcome = outcome_from(request.query("outcome"))};
    if (const auto limit =
            request.query("limit")) { // Digits within bounds, by the declaration below.
        std::from_chars(limit->data(), limit->data() + limit->size(), query.limit);
    }
    if (const auto from = request.query("from")) {
        query.from = parse_rfc3339(*from);
    }
    if (const auto before = request.query("before")) {
        query.before = parse_rfc3339(*before);
    }
    return query;
}

} // namespace

http::Schema activity_schema()
{
    using namespace http;
    auto actor =
        object(
            {{"kind", enumeration({"nobody", "account", "service-client", "operator", "system"})},
             {"id", text(1, 64).or_null()},
             {"name", text(0, 200).or_null()}})
            .named("ActivityActor");
    auto target =
        object({{"kind", text(1, 64)}, {"id", text(0, kTextMax)}}).named("ActivityTarget");
    return object({{"id", identifier("evt_")},
                   {"at", time()},
                   {"action", text(1, kActionMax)},
                   {"outcome", enumeration({"ok", "refused", "failed"})},
                   {"actor", std::move(actor)},
                   {"target", std::move(target).or_null()},
                   {"ip", text(2, 45).or_null()},
                   {"place", place::place_schema().or_null()},
                   {"device", client_device::device_schema().or_null()},
                   {"details", any().described("Further facts by name, all of them text.")}})
        .named("Activity");
}

void write_members(JsonWriter& json, const audit::Activity& activity,
                   client_device::ClientDeviceService& devices, const place::PlaceService& places,
                   std::optional<std::string_view> actor_name)
{
    json.member("id", activity.id.text())
        .member("at", activity.at)
        .member("action", activity.action)
        .member("outcome", outcome_text(activity.outcome));
    json.key("actor").begin_object().member("kind", actor_kind_text(activity.actor_kind));
    json.member("id", activity.actor_id.empty() ? std::nullopt : std::optional(activity.actor_id));
    json.member("name", actor_name).end_object();
    json.key("target");
    if (activity.target.kind.empty()) {
        json.null();
    } else {
        json.begin_object()
            .member("kind", activity.target.kind)
            .member("id", shown(activity.target.id))
            .end_object();
    }
    write_circumstances(json, activity, devices, places);
    json.key("details").begin_object();
    for (const auto& [name, value] : activity.details) {
        json.member(name, shown(value));
    }
    json.end_object();
}

void add_routes(http::Router& router, Database& database, const audit::AuditService& audit,
                client_device::ClientDeviceService& devices, const place::PlaceService& places)
{
    const auto list = [&](const http::Request& request) -> Result<http::Response> {
        const audit::ActivityQuery query = query_of(request);
        KS_TRY(const auto page, database.read([&](ReadTx& tx) {
            return audit.list_for_account(tx, request.principal.account, query);
        }));
        // Described outside the transaction: expressions may have to be compiled first.
        JsonWriter json;
        json.begin_object().key("items").begin_array();
        for (const audit::Activity& activity : page.items) {
            json.begin_object();
            write_members(json, activity, devices, places);
            json.end_object();
        }
        json.end_array().member("next_cursor", page.next_cursor).end_object();
        return http::Response::json(200, std::move(json).take());
    };
    router.add(
        {.method = http::Method::Get,
         .path = "/v1/account/activity",
         .operation = "listActivity",
         .tag = "Account",
         .summary = "What happened to one's own account, newest first",
         .lane = http::LaneKind::Store,
         .access = http::Access::session_or_token(kReadAccount),
         .limit = http::LimitGroup::Read,
         .body_bytes_max = std::size_t{0},
         .timing = http::TimingKind::Immediate,
         .query = {{"limit", http::integer(1, audit::AuditService::kPageMax),
                    "How many at most; 50 unless given"},
                   {"cursor", http::text(1, 1024), "next_cursor of the page before"},
                   {"action", http::text(1, kActionMax), "Only this action: \"session.revoke\""},
                   {"outcome", http::enumeration({"ok", "refused", "failed"}),
                    "Only what ended like this"},
                   {"from", http::time(), "Only what happened then or later"},
                   {"before", http::time(), "Only what happened before then"}},
         .answers = {{200, http::list_of(activity_schema()), "One page"}},
         .problems = {"request/invalid-cursor"},
         .handler = list});
}

} // namespace keystead::activity
