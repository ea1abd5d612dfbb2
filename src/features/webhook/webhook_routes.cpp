#include "features/webhook/webhook_routes.h"

#include "features/idempotency/idempotency_routes.h"
#include "features/webhook/delivery_routes.h"
#include "features/webhook/event_catalogue.h"

#include <algorithm>
#include <utility>

namespace keystead::webhook {
namespace {

using http::Access;
using http::LaneKind;
using http::LimitGroup;
using http::Method;
using http::Request;
using http::Response;
using http::TimingKind;

constexpr std::string_view kTag = "Webhooks";
constexpr std::size_t kBodyBytes = 8192;
/// Of an answer with a secret, which must not grow: growing leaves a copy.
constexpr std::size_t kSecretAnswerBytes = 16384;

http::Schema events_schema()
{
    return http::array(http::text(1, 64), 64)
        .described("Names of GET /v1/webhook-event-types, groups like \"session.*\", or \"*\"");
}

http::Schema endpoint_schema()
{
    using namespace http;
    return object({{"id", identifier("whk_")},
                   {"url", text(8, outgoing::kUrlBytesMax)},
                   {"description", text(0, kDescriptionBytesMax)},
                   {"events", events_schema()},
                   {"state", enumeration({"enabled", "disabled", "failing", "gone", "suspended"})},
                   {"waiting", integer(0, 1'000'000'000)},
                   {"last_delivered_at", time().or_null()},
                   {"previous_secret_expires_at", time().or_null()},
                   {"created_at", time()}})
        .named("WebhookEndpoint");
}

http::Schema with_secret_schema()
{
    using namespace http;
    return object({{"endpoint", endpoint_schema()},
                   {"secret", text(38, 100).described("whsec_…, shown once")}})
        .named("WebhookEndpointWithSecret");
}

std::vector<std::string> events_of(const JsonValue& body)
{
    std::vector<std::string> events;
    if (const auto* const list = body.find("events"); list != nullptr) {
        for (const JsonValue& one : list->array()) {
            events.emplace_back(one.string());
        }
    }
    return events;
}

Change change_of(const Request& request)
{
    Change change;
    if (const auto url = request.body.optional_text("url")) {
        change.url = std::string(*url);
    }
    if (const auto description = request.body.optional_text("description")) {
        change.description = std::string(*description);
    }
    if (request.body.has("events")) {
        change.events = events_of(request.body.value());
    }
    if (request.body.has("enabled")) {
        change.state =
            request.body.flag("enabled", true) ? EndpointState::Enabled : EndpointState::Disabled;
    }
    return change;
}

Response answer_with(int status, const View& view)
{
    JsonWriter json;
    write_endpoint(json, view);
    return Response::json(status, std::move(json).take());
}

Response answer_with(int status, const WithSecret& made)
{
    JsonWriter json(kSecretAnswerBytes);
    json.begin_object().key("endpoint");
    write_endpoint(json, {.endpoint = made.endpoint});
    json.member("secret", made.secret.reveal_text()).end_object();
    return Response::secret_json(status, std::move(json).take());
}

class Routes {
public:
    explicit Routes(const WebhookRouteParts& parts)
        : db_(parts.database), webhooks_(parts.webhooks), idempotency_(parts.idempotency)
    {
    }

    Result<Response> list(const Request& request) const
    {
        KS_TRY(const auto views,
               db_.read([&](ReadTx& tx) { return webhooks_.list(tx, request.principal.account); }));
        JsonWriter json;
        json.begin_object().key("items").begin_array();
        for (const View& view : views) {
            write_endpoint(json, view);
        }
        json.end_array().key("next_cursor").null().end_object();
        return Response::json(200, std::move(json).take());
    }
    Result<Response> create(const Request& request) const
    {
        KS_TRY(const auto key, idempotency::key_of(request));
        Wanted wanted{.url = std::string(request.body.text("url")),
                      .description =
                          std::string(request.body.optional_text("description").value_or(""))};
        if (request.body.has("events")) {
            wanted.events = events_of(request.body.value());
        }
        const AccountId account = request.principal.account;
        KS_TRY(const auto made, db_.write([&](WriteTx& tx) -> Result<WithSecret> {
            KS_CHECK(tx.lock(account)); // A repeat waits for the first, then hears of it.
            KS_CHECK(idempotency_.check(tx, account, "createWebhook", key));
            KS_TRY(auto one, webhooks_.create(tx, request.actor(), account, wanted));
            KS_CHECK(idempotency_.claim(tx, account, "createWebhook", key, one.endpoint.id.text()));
            return one;
        }));
        return answer_with(201, made);
    }
    Result<Response> load(const Request& request) const
    {
        KS_TRY(const auto id, endpoint_in_path(request));
        KS_TRY(const auto view, db_.read([&](ReadTx& tx) {
            return webhooks_.load(tx, request.principal.account, id);
        }));
        return answer_with(200, view);
    }
    Result<Response> change(const Request& request) const
    {
        KS_TRY(const auto id, endpoint_in_path(request));
        const Change change = change_of(request);
        KS_TRY(const auto view, db_.write([&](WriteTx& tx) {
            return webhooks_.change(tx, request.actor(), request.principal.account, id, change);
        }));
        return answer_with(200, view);
    }
    Result<Response> remove(const Request& request) const
    {
        KS_TRY(const auto id, endpoint_in_path(request));
        KS_CHECK(db_.write([&](WriteTx& tx) {
            return webhooks_.remove(tx, request.actor(), request.principal.account, id);
        }));
        return Response::no_content();
    }
    Result<Response> rotate(const Request& request) const
    {
        KS_TRY(const auto id, endpoint_in_path(request));
        KS_TRY(const auto key, idempotency::key_of(request));
        const AccountId account = request.principal.account;
        const std::string operation = "rotateWebhookSecret " + id.text();
        KS_TRY(const auto made, db_.write([&](WriteTx& tx) -> Result<WithSecret> {
            KS_CHECK(tx.lock(account));
            KS_CHECK(idempotency_.check(tx, account, operation, key));
            KS_TRY(auto one, webhooks_.rotate_secret(tx, request.actor(), account, id));
            KS_CHECK(idempotency_.claim(tx, account, operation, key, id.text()));
            return one;
        }));
        return answer_with(200, made);
    }
    Result<Response> end_previous(const Request& request) const
    {
        KS_TRY(const auto id, endpoint_in_path(request));
        KS_CHECK(db_.write([&](WriteTx& tx) {
            return webhooks_.end_previous_secret(tx, request.actor(), request.principal.account,
                                                 id);
        }));
        return Response::no_content();
    }
    static Result<Response> event_types(const Request&)
    {
        JsonWriter json;
        json.begin_object().key("items").begin_array();
        for (const EventType& type : event_catalogue()) {
            json.begin_object()
                .member("name", type.name)
                .member("description", type.words)
                .end_object();
        }
        json.end_array().key("next_cursor").null().end_object();
        return Response::json(200, std::move(json).take());
    }

private:
    Database& db_;
    WebhookService& webhooks_;
    idempotency::IdempotencyService& idempotency_;
};

using Member = Result<Response> (Routes::*)(const Request&) const;

http::Handler calling(const Routes& routes, Member member)
{
    return [routes, member](const Request& request) { return (routes.*member)(request); };
}

void add_reading(http::Router& router, const Routes& routes)
{
    using namespace http;
    router.add({.method = Method::Get,
                .path = "/v1/account/webhooks",
                .operation = "listWebhooks",
                .tag = kTag,
                .summary = "The account's webhook endpoints",
                .lane = LaneKind::Store,
                .access = Access::session(),
                .limit = LimitGroup::Read,
                .body_bytes_max = std::size_t{0},
                .timing = TimingKind::Immediate,
                .answers = {{200, list_of(endpoint_schema()), "All of them"}},
                .handler = calling(routes, &Routes::list)});
    router.add({.method = Method::Get,
                .path = "/v1/account/webhooks/{id}",
                .operation = "getWebhook",
                .tag = kTag,
                .summary = "One webhook endpoint",
                .lane = LaneKind::Store,
                .access = Access::session(),
                .limit = LimitGroup::Read,
                .body_bytes_max = std::size_t{0},
                .timing = TimingKind::Immediate,
                .answers = {{200, endpoint_schema(), "The endpoint"}},
                .problems = {"webhook/not-found"},
                .handler = calling(routes, &Routes::load)});
    auto type = object({{"name", text(1, 64)}, {"description", text(1, 200)}});
    router.add({.method = Method::Get,
                .path = "/v1/webhook-event-types",
                .operation = "listWebhookEventTypes",
                .tag = kTag,
                .summary = "The events that can be sent",
                .lane = LaneKind::Store,
                .access = Access::session(),
                .limit = LimitGroup::Read,
                .body_bytes_max = std::size_t{0},
                .timing = TimingKind::Immediate,
                .answers = {{200, list_of(std::move(type).named("WebhookEventType")), "All"}},
                .handler = Routes::event_types});
}

void add_changing(http::Router& router, const Routes& routes)
{
    using namespace http;
    const Schema url = text(1, outgoing::kUrlBytesMax);
    const Schema description = text(0, kDescriptionBytesMax);
    router.add(
        {.method = Method::Post,
         .path = "/v1/account/webhooks",
         .operation = "createWebhook",
         .tag = kTag,
         .summary = "Add an endpoint; its secret is shown once",
         .lane = LaneKind::Store,
         .access = Access::stepped_up(),
         .limit = LimitGroup::Sensitive,
         .body_bytes_max = kBodyBytes,
         .timing = TimingKind::Immediate,
         .request = object({{"url", url},
                            {"description", description, Presence::Optional},
                            {"events", events_schema(), Presence::Optional}})
                        .named("WebhookInput"),
         .answers = {{201, with_secret_schema(), "Made"}},
         .problems = {"webhook/limit", "webhook/unknown-event", "webhook/description-invalid",
                      "outgoing/invalid-url", "outgoing/not-https", "outgoing/credentials-in-url",
                      "outgoing/inside-address", "idempotency/already-done",
                      "idempotency/invalid-key"},
         .audit = {"webhook.create"},
         .handler = calling(routes, &Routes::create)});
    router.add(
        {.method = Method::Patch,
         .path = "/v1/account/webhooks/{id}",
         .operation = "changeWebhook",
         .tag = kTag,
         .summary = "Change an endpoint, disable it or enable it again",
         .lane = LaneKind::Store,
         .access = Access::stepped_up(),
         .limit = LimitGroup::Sensitive,
         .body_bytes_max = kBodyBytes,
         .timing = TimingKind::Immediate,
         .request = object({{"url", url, Presence::Optional},
                            {"description", description, Presence::Optional},
                            {"events", events_schema(), Presence::Optional},
                            {"enabled", boolean(), Presence::Optional}})
                        .named("WebhookChange"),
         .answers = {{200, endpoint_schema(), "As it is now"}},
         .problems = {"webhook/not-found", "webhook/unknown-event", "webhook/description-invalid",
                      "outgoing/invalid-url", "outgoing/not-https", "outgoing/credentials-in-url",
                      "outgoing/inside-address"},
         .audit = {"webhook.change"},
         .handler = calling(routes, &Routes::change)});
    router.add({.method = Method::Delete,
                .path = "/v1/account/webhooks/{id}",
                .operation = "deleteWebhook",
                .tag = kTag,
                .summary = "Delete an endpoint with its deliveries",
                .lane = LaneKind::Store,
                .access = Access::stepped_up(),
                .limit = LimitGroup::Write,
                .body_bytes_max = std::size_t{0},
                .timing = TimingKind::Immediate,
                .answers = {{204, no_body(), "Deleted"}},
                .problems = {"webhook/not-found"},
                .audit = {"webhook.delete"},
                .handler = calling(routes, &Routes::remove)});
}

void add_acting(http::Router& router, const Routes& routes)
{
    using namespace http;
    router.add(
        {.method = Method::Post,
         .path = "/v1/account/webhooks/{id}/rotate-secret",
         .operation = "rotateWebhookSecret",
         .tag = kTag,
         .summary = "A new secret, shown once; for a while the old one signs too",
         .lane = LaneKind::Store,
         .access = Access::stepped_up(),
         .limit = LimitGroup::Sensitive,
         .body_bytes_max = std::size_t{0},
         .timing = TimingKind::Immediate,
         .answers = {{200, with_secret_schema(), "Rotated"}},
         .problems = {"webhook/not-found", "idempotency/already-done", "idempotency/invalid-key"},
         .audit = {"webhook.rotate"},
         .handler = calling(routes, &Routes::rotate)});
    router.add({.method = Method::Delete,
                .path = "/v1/account/webhooks/{id}/previous-secret",
                .operation = "endPreviousWebhookSecret",
                .tag = kTag,
                .summary = "End the old secret now",
                .lane = LaneKind::Store,
                .access = Access::stepped_up(),
                .limit = LimitGroup::Write,
                .body_bytes_max = std::size_t{0},
                .timing = TimingKind::Immediate,
                .answers = {{204, no_body(), "Ended"}},
                .problems = {"webhook/not-found", "webhook/no-previous-secret"},
                .audit = {"webhook.end-secret"},
                .handler = calling(routes, &Routes::end_previous)});
}

} // namespace

void add_routes(http::Router& router, const WebhookRouteParts& parts)
{
    const Routes routes(parts);
    add_reading(router, routes);
    add_changing(router, routes);
    add_acting(router, routes);
    add_delivery_routes(router, parts.database, parts.webhooks);
}

void write_endpoint(JsonWriter& json, const View& view)
{
    const Endpoint& endpoint = view.endpoint;
    json.begin_object()
        .member("id", endpoint.id.text())
        .member("url", endpoint.url)
        .member("description", endpoint.description);
    json.key("events").begin_array();
    std::string_view filters = endpoint.events;
    while (!filters.empty()) {
        const auto filter = filters.substr(0, filters.find(','));
        json.value(filter);
        filters.remove_prefix(std::min(filter.size() + 1, filters.size()));
    }
    json.end_array()
        .member("state", name_of(endpoint.state))
        .member("waiting", view.waiting)
        .member("last_delivered_at", view.last_delivered_at)
        .member("previous_secret_expires_at", endpoint.previous_until)
        .member("created_at", endpoint.created_at)
        .end_object();
}

} // namespace keystead::webhook
