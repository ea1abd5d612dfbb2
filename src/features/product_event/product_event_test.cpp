// guards: what the product tells is taken only as its rules say, with every fault at its place
#include "features/product_event/product_event.h"

#include "features/product_event/product_event_routes.h"

#include <gtest/gtest.h>

#include <string>

namespace keystead::product_event {
namespace {

using namespace std::chrono_literals;

const Instant kNow{std::chrono::hours{24 * 20'000}};
const LinkPlaces kLinks("https://shop.example", {"orders.example"});
const Rules kRules{
    .type_namespace = "product", .links = kLinks, .now = kNow, .oldest = kNow - 24h * 730};
constexpr std::string_view kAccount = "acc_0000000000000000000001";

std::string event_with(std::string_view member, std::string_view json)
{
    std::string out = R"({"events":[{)";
    const auto put = [&](std::string_view name, std::string_view usual) {
        out.append("\"").append(name).append("\":");
        out.append(name == member ? json : usual).append(",");
    };
    put("id", R"("order-1")");
    put("account", "\"" + std::string(kAccount) + "\"");
    put("type", R"("product.order.placed")");
    put("at", "\"" + rfc3339(kNow - 1h) + "\"");
    put("summary", R"("Two machines in Oslo")");
    for (const std::string_view name : {"link", "amount", "data", "ip", "user_agent"}) {
        if (name == member) {
            put(name, "null");
        }
    }
    out.back() = '}';
    return out + "]}";
}

/// "code pointer" of the first fault; empty when it is taken.
std::string fault_of(const std::string& json)
{
    const auto body = parse_json(json);
    if (!body) {
        return "no JSON: " + json;
    }
    if (const auto formed = http::validate(events_schema(), *body); !formed) {
        return std::string(formed.error().fields.at(0).code) + " " +
               formed.error().fields.at(0).pointer;
    }
    const auto events = parse_events(*body, kRules);
    return events ? std::string()
                  : std::string(events.error().fields.at(0).code) + " " +
                        events.error().fields.at(0).pointer;
}
std::string fault_with(std::string_view member, std::string_view json)
{
    return fault_of(event_with(member, json));
}

TEST(ProductEvents, AreReadWithAllThatTheySay)
{
    const std::string json =
        R"({"events":[{"id":"pay:2026/1","account":")" + std::string(kAccount) +
        R"(","type":"product.payment.made","at":"2024-10-03T10:00:00Z","summary":"Paid",)"
        R"("link":"https://orders.example/1?a=%20#x","amount":{"minor_units":-4999,"currency":"EUR"},)"
        R"("data":{"order":"4711","hours":2.5,"GPU count":8},"ip":"203.0.113.9","user_agent":"curl/8"}]})";
    ASSERT_EQ(fault_of(json), "");
    const auto events = parse_events(*parse_json(json), kRules);
    const ProductEvent& event = events->at(0);
    EXPECT_EQ(event.account.text(), kAccount);
    EXPECT_EQ(event.type, "product.payment.made");
    EXPECT_EQ(event.amount->minor_units, -4999);
    EXPECT_EQ(event.data, R"({"order":"4711","hours":2.5,"GPU count":8})");
    EXPECT_EQ(event.ip->text(), "203.0.113.9");
    EXPECT_EQ(event.user_agent, "curl/8");
}

TEST(ProductEvents, HaveATypeOfTheProductsOwn)
{
    EXPECT_EQ(fault_with("type", R"("product.x")"), "");
    for (const char* type : {"session.revoke", "product", "product.", "productx.y", "Product.x",
                             "product..x", ".product.x", "product.x ", "product.é", "product.X"}) {
        EXPECT_EQ(fault_with("type", '"' + std::string(type) + '"'),
                  "product-event/bad-type /events/0/type")
            << type;
    }
}

TEST(ProductEvents, AreNeitherOfTheFutureNorTooOld)
{
    const auto at = [](Instant time) { return fault_with("at", '"' + rfc3339(time) + '"'); };
    EXPECT_EQ(at(kNow + kAheadMax), "");
    EXPECT_EQ(at(kNow + kAheadMax + 1us), "product-event/in-the-future /events/0/at");
    EXPECT_EQ(at(kRules.oldest), "");
    EXPECT_EQ(at(kRules.oldest - 1us), "product-event/too-old /events/0/at");
    EXPECT_EQ(fault_with("at", R"("yesterday")"), "request/not-a-time /events/0/at");
}

TEST(ProductEvents, ShowNothingThatCannotBeSeen)
{
    for (const char* text :
         {"a\\u0001b", "a\\nb", "a\\u202eb", "a\\u2066b", "a\\u0085b", "\\u2028"}) {
        EXPECT_EQ(fault_with("summary", '"' + std::string(text) + '"'),
                  "request/control-character /events/0/summary")
            << text;
    }
    for (const char* text : {"a\\u200bb", "\\ufeffa", "a\\u00adb", "a\\u061cb", "a\\u200fb",
                             "a\\u3164", "a\\udb40\\udc41", "a\\ufff9", "a\\uffff"}) {
        EXPECT_EQ(fault_with("summary", '"' + std::string(text) + '"'),
                  "product-event/hidden-character /events/0/summary")
            << text;
    }
    EXPECT_EQ(fault_with("summary", R"("Zwei Rechner in Tromsø – 4 € 機器 🚀 <b>&amp;")"), "");
    EXPECT_EQ(fault_with("summary", '"' + std::string(201, 'a') + '"'),
              "request/too-long /events/0/summary");
    EXPECT_EQ(fault_with("user_agent", R"("a​b")"),
              "product-event/hidden-character /events/0/user_agent");
}

TEST(ProductEvents, LinkWhereTheSettingsAllow)
{
    for (const char* link :
         {"https://shop.example", "https://shop.example/orders/1", "https://orders.example/?q=a@b",
          "https://orders.example#top", "https://shop.example/a%2fb"}) {
        EXPECT_EQ(fault_with("link", '"' + std::string(link) + '"'), "") << link;
    }
    for (const char* link : {"javascript:alert(1)",
                             "javascript://shop.example/%0aalert(1)",
                             "http://shop.example/",
                             "//shop.example/",
                             "/orders/1",
                             "https:shop.example",
                             "https://shop.example@evil.example/",
                             "https://user:pass@shop.example/",
                             "https://evil.example/",
                             "https://shop.example.evil/",
                             "https://xshop.example/",
                             "https://shop.example:444/",
                             "https://shop.example\\\\@evil.example",
                             "https://shop.example\\\\.evil.example/",
                             "https://shop.example/a b",
                             "https://shop.example/%4",
                             "https://shop.example/\\\"x",
                             "https://shop.example/<b>",
                             "HTTPS://shop.example/",
                             "https://SHOP.example/",
                             "https://shop.example./",
                             "https://shop%2eexample/",
                             "https:///shop.example/",
                             "https://shop.example/é",
                             "data:text/html,x",
                             ""}) {
        EXPECT_NE(fault_with("link", '"' + std::string(link) + '"'), "") << link;
    }
    const LinkPlaces odd("https://shop.example:8443", {"orders.example"});
    EXPECT_TRUE(odd.allow("https://shop.example:8443/x"));
    EXPECT_TRUE(odd.allow("https://orders.example:8443/x"));
    EXPECT_TRUE(odd.allow("https://orders.example/x"));
    EXPECT_FALSE(odd.allow("https://shop.example/x"));
    EXPECT_FALSE(odd.allow("https://orders.example:22/x"));
    const LinkPlaces local("http://localhost:8080", {});
    EXPECT_TRUE(local.allow("http://localhost:8080/orders"));
    EXPECT_FALSE(local.allow("http://localhost:8081/orders"));
    EXPECT_FALSE(local.allow("https://localhost:8080@evil.example/"));
}

TEST(ProductEvents, CarryFlatAndShortData)
{
    EXPECT_EQ(fault_with("data", "{}"), "");
    EXPECT_EQ(fault_with("data", R"({"a":1,"b c":"d","e.f-g_h":-1.5e3})"), "");
    std::string many = "{";
    for (int i = 0; i < 17; ++i) {
        many += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":1";
    }
    std::string long_text = R"({"a":")" + std::string(201, 'x') + "\"}";
    std::string large = "{";
    for (int i = 0; i < 12; ++i) {
        large +=
            (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":\"" + std::string(190, 'x') + "\"";
    }
    for (const std::string& data :
         {std::string("[]"), std::string("null"), std::string("1"), std::string(R"({"a":{}})"),
          std::string(R"({"a":[1]})"), std::string(R"({"a":null})"), std::string(R"({"a":true})"),
          std::string(R"({"":1})"), std::string(R"({" a":1})"), std::string(R"({"a<b":1})"),
          std::string(R"({"a":"b\u202e"})"), std::string(R"({"a":"b\nc"})"), many + "}", long_text,
          large + "}"}) {
        EXPECT_EQ(fault_with("data", data), "product-event/bad-data /events/0/data") << data;
    }
}

TEST(ProductEvents, AreRefusedWithTheOtherFaultsToo)
{
    EXPECT_EQ(fault_with("id", R"("a b")"), "product-event/bad-id /events/0/id");
    EXPECT_EQ(fault_with("id", R"("")"), "request/empty /events/0/id");
    EXPECT_EQ(fault_with("account", R"("ses_0000000000000000000001")"),
              "request/not-an-id /events/0/account");
    EXPECT_EQ(fault_with("ip", R"("300.1.1.1")"), "product-event/bad-address /events/0/ip");
    EXPECT_EQ(fault_with("amount", R"({"minor_units":1,"currency":"eur"})"),
              "product-event/bad-currency /events/0/amount/currency");
    EXPECT_EQ(fault_with("amount", R"({"minor_units":1.5,"currency":"EUR"})"),
              "request/wrong-type /events/0/amount/minor_units");
    EXPECT_EQ(fault_with("amount", R"({"currency":"EUR"})"),
              "request/missing /events/0/amount/minor_units");
    EXPECT_EQ(fault_of(R"({"events":[]})"), "request/out-of-range /events");
    EXPECT_EQ(fault_of(R"({})"), "request/missing /events");
    const auto body = parse_json(R"({"events":[{"id":"a b","account":")" + std::string(kAccount) +
                                 R"(","type":"x","at":"2034-10-03T10:00:00Z","summary":"s"}]})");
    EXPECT_EQ(parse_events(*body, kRules).error().fields.size(), 3U) << "all faults at once";
}

TEST(ProductEvents, AreTheSameWhenAllTheySayIs)
{
    const auto read = [](const std::string& json) {
        return content_of(parse_events(*parse_json(json), kRules)->at(0));
    };
    const std::string usual = read(event_with("", ""));
    EXPECT_EQ(usual, read(event_with("id", R"("another")"))) << "the id is looked up, not compared";
    for (const auto& [member, json] :
         {std::pair{"summary", R"("Three")"}, std::pair{"type", R"("product.x")"},
          std::pair{"link", R"("https://shop.example/")"}, std::pair{"ip", R"("203.0.113.9")"},
          std::pair{"amount", R"({"minor_units":1,"currency":"EUR"})"},
          std::pair{"data", R"({"a":1})"}, std::pair{"user_agent", R"("x")"},
          std::pair{"account", R"("acc_0000000000000000000002")"}}) {
        EXPECT_NE(usual, read(event_with(member, json))) << member;
    }
}

} // namespace
} // namespace keystead::product_event
