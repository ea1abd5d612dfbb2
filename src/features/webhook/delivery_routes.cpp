#include "features/webhook/delivery_routes.h"

#include <algorithm>
#include <charconv>
#include <optional>
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
constexpr std::uint32_t kPageMax = 100;

http::Schema delivery_schema()
{
    using namespace http;
    return object({{"id", identifier("dlv_")},
                   {"message_id", identifier("msg_").described("webhook-id of all its attempts")},
                   {"type", text(1, 64)},
                   {"body", text(2, 65536).described("Exactly the bytes that are sent")},
                   {"cause", enumeration({"event", "test", "repeat"})},
                   {"state", enumeration({"waiting", "delivered", "given-up", "dropped"})},
                   {"created_at", time()},
                   {"attempts", integer(0, kAttemptsMax)},
                   {"next_attempt_at", time().or_null()},
                   {"last_attempt_at", time().or_null()},
                   {"ended_at", time().or_null()},
                   {"status", integer(0, 999).or_null()},
                   {"duration_ms", integer(0, 1'000'000).or_null()},
                   {"error", text(0, 500).or_null()}})
        .named("WebhookDelivery");
}

http::Schema test_schema()
{
    using namespace http;
    auto headers = object({{"content-type", text(1, 100)},
                           {"webhook-id", text(1, 100)},
                           {"webhook-timestamp", text(1, 20)},
                           {"webhook-signature", text(1, 200)}});
    return object({{"delivery", delivery_schema()},
                   {"url", text(8, outgoing::kUrlBytesMax)},
                   {"headers", std::move(headers)}})
        .named("WebhookTest");
}

class Routes {
public:
    Routes(Database& database, WebhookService& webhooks) : db_(database), webhooks_(webhooks) {}

    Result<Response> test(const Request& request) const
    {
        KS_TRY(const auto id, endpoint_in_path(request));
        KS_TRY(const auto preview, db_.write([&](WriteTx& tx) {
            return webhooks_.test(tx, request.actor(), request.principal.account, id);
        }));
        JsonWriter json;
        write_preview(json, preview);
        return Response::json(202, std::move(json).take());
    }
    Result<Response> deliveries(const Request& request) const
    {
        KS_TRY(const auto id, endpoint_in_path(request));
        std::optional<DeliveryId> before;
        if (const auto cursor = request.query("cursor")) {
            before = DeliveryId::parse(*cursor);
        }
        std::uint32_t limit = 50;
        if (const auto text = request.query("limit")) {
            std::from_chars(text->data(), text->data() + text->size(), limit);
        }
        KS_TRY(const auto list, db_.read([&](ReadTx& tx) {
            return webhooks_.list_deliveries(tx, request.principal.account, id, before, limit + 1);
        }));
        JsonWriter json;
        json.begin_object().key("items").begin_array();
        const bool goes_on = list.size() > limit;
        for (std::size_t i = 0; i < std::min<std::size_t>(list.size(), limit); ++i) {
            write_delivery(json, list[i]);
        }
        json.end_array().member("next_cursor",
                                goes_on ? std::optional(list[limit - 1].id.text()) : std::nullopt);
        json.end_object();
        return Response::json(200, std::move(json).take());
    }
    Result<Response> repeat(const Request& request) const
    {
        KS_TRY(const auto id, endpoint_in_path(request));
        const auto delivery = DeliveryId::parse(request.path_parameter("delivery"));
        if (!delivery) {
            return Error{ErrorKind::NotFound, "webhook/delivery-not-found",
                         "There is no such delivery; they are kept for a while only."};
        }
        KS_TRY(const auto again, db_.write([&](WriteTx& tx) {
            return webhooks_.repeat(tx, request.actor(), request.principal.account, id, *delivery);
        }));
        JsonWriter json;
        write_delivery(json, again);
        return Response::json(202, std::move(json).take());
    }

private:
    Database& db_;
    WebhookService& webhooks_;
};

using Member = Result<Response> (Routes::*)(const Request&) const;

http::Handler calling(const Routes& routes, Member member)
{
    return [routes, member](const Request& request) { return (routes.*member)(request); };
}

} // namespace

Result<EndpointId> endpoint_in_path(const http::Request& request)
{
    const auto id = EndpointId::parse(request.path_parameter("id"));
    if (!id) {
        return Error{ErrorKind::NotFound, "webhook/not-found",
                     "There is no such webhook endpoint."};
    }
    return *id;
}

void add_delivery_routes(http::Router& router, Database& database, WebhookService& webhooks)
{
    using namespace http;
    const Routes routes(database, webhooks);
    router.add({.method = Method::Get,
                .path = "/v1/account/webhooks/{id}/deliveries",
                .operation = "listWebhookDeliveries",
                .tag = kTag,
                .summary = "What was sent and what became of it, newest first",
                .lane = LaneKind::Store,
                .access = Access::session(),
                .limit = LimitGroup::Read,
                .body_bytes_max = std::size_t{0},
                .timing = TimingKind::Immediate,
                .query = {{"limit", integer(1, kPageMax), "Items on a page"},
                          {"cursor", identifier("dlv_"), "next_cursor of the page before"}},
                .answers = {{200, list_of(delivery_schema()), "One page"}},
                .problems = {"webhook/not-found"},
                .handler = calling(routes, &Routes::deliveries)});
    router.add({.method = Method::Post,
                .path = "/v1/account/webhooks/{id}/test",
                .operation = "testWebhook",
                .tag = kTag,
                .summary = "Send a test event and show what is sent",
                .lane = LaneKind::Store,
                .access = Access::session(),
                .limit = LimitGroup::Sensitive,
                .body_bytes_max = std::size_t{0},
                .timing = TimingKind::Immediate,
                .answers = {{202, test_schema(), "On its way"}},
                .problems = {"webhook/not-found"},
                .audit = {"webhook.test"},
                .handler = calling(routes, &Routes::test)});
    router.add({.method = Method::Post,
                .path = "/v1/account/webhooks/{id}/deliveries/{delivery}/repeat",
                .operation = "repeatWebhookDelivery",
                .tag = kTag,
                .summary = "Send a message again, under the same webhook-id",
                .lane = LaneKind::Store,
                .access = Access::session(),
                .limit = LimitGroup::Sensitive,
                .body_bytes_max = std::size_t{0},
                .timing = TimingKind::Immediate,
                .answers = {{202, delivery_schema(), "On its way"}},
                .problems = {"webhook/not-found", "webhook/delivery-not-found",
                             "webhook/not-enabled", "webhook/queue-full"},
                .audit = {"webhook.repeat"},
                .handler = calling(routes, &Routes::repeat)});
}

void write_delivery(JsonWriter& json, const Delivery& delivery)
{
    const bool waits = delivery.state == DeliveryState::Waiting;
    const auto when = std::optional(delivery.due_at);
    const auto duration = delivery.last_duration
                              ? std::optional<std::int64_t>(delivery.last_duration->count())
                              : std::nullopt;
    const auto status =
        delivery.last_status ? std::optional<std::int64_t>(*delivery.last_status) : std::nullopt;
    json.begin_object()
        .member("id", delivery.id.text())
        .member("message_id", delivery.message.text())
        .member("type", delivery.type)
        .member("body", delivery.body)
        .member("cause", name_of(delivery.cause))
        .member("state", name_of(delivery.state))
        .member("created_at", delivery.created_at)
        .member("attempts", static_cast<std::int64_t>(delivery.attempts))
        .member("next_attempt_at", waits ? when : std::nullopt)
        .member("last_attempt_at", delivery.last_attempt_at)
        .member("ended_at", waits ? std::nullopt : when)
        .member("status", status)
        .member("duration_ms", duration)
        .member("error",
                delivery.last_error.empty() ? std::nullopt : std::optional(delivery.last_error))
        .end_object();
}

void write_preview(JsonWriter& json, const WebhookService::Preview& preview)
{
    json.begin_object().key("delivery");
    write_delivery(json, preview.delivery);
    json.member("url", preview.url).key("headers").begin_object();
    for (const auto& [name, value] : preview.headers) {
        json.member(name, value);
    }
    json.end_object().end_object();
}

} // namespace keystead::webhook
