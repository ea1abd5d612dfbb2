#include "features/product_event/product_event_routes.h"

#include "core/json.h"

#include <algorithm>
#include <utility>

namespace keystead::product_event {
namespace {

/// A hundred events of ordinary length; one of greatest length has room too.
constexpr std::size_t kBodyMax = 262144;

http::Schema answer_schema()
{
    using namespace http;
    auto one = object({{"id", text(1, kIdLengthMax)},
                       {"event", identifier(ProductEventTag::kPrefix)},
                       {"result", enumeration({"recorded", "repeated"})}})
                   .named("ToldEvent");
    return object({{"items", array(std::move(one), kEventsMax)}});
}

http::Response answer(const std::vector<ProductEvent>& events,
                      const std::vector<Recorded>& recorded)
{
    const bool any_new =
        std::ranges::find(recorded, Recorded::Kind::New, &Recorded::kind) != recorded.end();
    JsonWriter json;
    json.begin_object().key("items").begin_array();
    for (std::size_t i = 0; i < events.size(); ++i) {
        json.begin_object()
            .member("id", events[i].id)
            .member("event", recorded[i].id.text())
            .member("result", recorded[i].kind == Recorded::Kind::New ? "recorded" : "repeated")
            .end_object();
    }
    json.end_array().end_object();
    return http::Response::json(any_new ? 201 : 200, std::move(json).take());
}

} // namespace

http::Schema events_schema()
{
    using namespace http;
    auto amount = object({{"minor_units", integer(-kMinorUnitsMax, kMinorUnitsMax)
                                              .described("In the currency's smallest unit.")},
                          {"currency", text(3, 3).described("ISO 4217, such as EUR.")}})
                      .named("Amount");
    auto event =
        object(
            {{"id", text(1, kIdLengthMax).described("The product's own: a repeat is one event.")},
             {"account", identifier("acc_")},
             {"type", text(1, kTypeLengthMax)
                          .described("Begins with the product's namespace: product.order.placed")},
             {"at", time()},
             {"summary",
              text(1, kSummaryLengthMax).described("Shown to the account's owner, as plain text.")},
             {"link", text(1, kLinkBytesMax).described("https, on a host that settings allow."),
              Presence::Optional},
             {"amount", std::move(amount), Presence::Optional},
             {"data",
              any().described("A flat object: at most 16 names with numbers or short texts."),
              Presence::Optional},
             {"ip", text(2, 45).described("Address of the person."), Presence::Optional},
             {"user_agent", text(1, kUserAgentLengthMax).described("User-Agent of the person."),
              Presence::Optional}})
            .named("ProductEvent");
    return object({{"events", array(std::move(event), kEventsMax)}}).named("ProductEvents");
}

void add_routes(http::Router& router, const RouteParts& parts)
{
    const LinkPlaces links(parts.base_url, parts.settings.link_hosts);
    const auto record = [p = parts, links](const http::Request& request) -> Result<http::Response> {
        const Rules rules{.type_namespace = p.settings.type_namespace,
                          .links = links,
                          .now = request.received_at,
                          .oldest = p.events.oldest()};
        KS_TRY(const auto events, parse_events(request.body.value(), rules));
        KS_TRY(const auto recorded, p.database.write([&](WriteTx& tx) {
            return p.events.record(tx, request.actor(), events);
        }));
        return answer(events, recorded);
    };
    router.add({.method = http::Method::Post,
                .path = "/v1/events",
                .operation = "recordEvents",
                .tag = "Beside",
                .summary = "Tells what happened in the product, for the pages of the accounts it "
                           "happened to and for the audit log: all of it, or nothing",
                .lane = http::LaneKind::Store,
                .access = http::Access::service_client(ClientRight::Events),
                .limit = http::LimitGroup::Write,
                .body_bytes_max = kBodyMax,
                .timing = http::TimingKind::Immediate,
                .request = events_schema(),
                .answers = {{201, answer_schema(),
                             "Recorded, at least one of them for the first "
                             "time"},
                            {200, answer_schema(), "All were told before, and said the same"}},
                .problems = {"product-event/invalid", "product-event/bad-address",
                             "product-event/bad-currency", "product-event/bad-data",
                             "product-event/bad-id", "product-event/bad-link",
                             "product-event/bad-type", "product-event/hidden-character",
                             "product-event/in-the-future", "product-event/too-old",
                             "product-event/no-account", "product-event/id-taken"},
                .audit = {kAction},
                .handler = record});
}

} // namespace keystead::product_event
