// What the product tells: whatever is taken has the promised bounds, and says the same when it is
// read again.
#include "features/product_event/product_event_routes.h"

#include <cstdint>
#include <cstdlib>

namespace {

using namespace keystead;
using namespace keystead::product_event;

const LinkPlaces kLinks("https://shop.example", {"orders.example"});
const Rules kRules{.type_namespace = "product",
                   .links = kLinks,
                   .now = Instant{std::chrono::hours{24 * 20'000}},
                   .oldest = Instant{std::chrono::hours{24 * 19'000}}};

void check(bool holds)
{
    if (!holds) {
        std::abort();
    }
}

void check_event(const ProductEvent& event)
{
    check(!event.id.empty() && event.id.size() <= kIdLengthMax);
    check(event.type.starts_with("product.") && event.type.size() <= kTypeLengthMax);
    check(event.at >= kRules.oldest && event.at <= kRules.now + kAheadMax);
    check(!event.summary.empty() && event.summary.find('\n') == std::string::npos);
    check(event.link.empty() || event.link.starts_with("https://shop.example") ||
          event.link.starts_with("https://orders.example"));
    check(event.link.find('@') == std::string::npos ||
          event.link.find('/', 8) != std::string::npos);
    check(event.data.size() <= kDataBytesMax);
    check(event.data.empty() || parse_json(event.data).has_value());
    check(parse_json(content_of(event)).has_value());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    static const http::Schema schema = events_schema();
    const auto body = parse_json(input);
    if (!body || !http::validate(schema, *body)) {
        return 0;
    }
    const auto events = parse_events(*body, kRules);
    if (!events) {
        check(!events.error().fields.empty() && events.error().fields.size() <= 51);
        return 0;
    }
    check(!events->empty() && events->size() <= kEventsMax);
    for (const ProductEvent& event : *events) {
        check_event(event);
    }
    const auto again = parse_events(*body, kRules);
    check(again.has_value() && *again == *events);
    return 0;
}
