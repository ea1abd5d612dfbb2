// guards: a client is described for people, hints are read strictly, and nothing foreign reaches a
// page as it came
#include "features/client_device/client_device.h"
#include "features/client_device/client_device_service.h"

#include "core/json.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace keystead::client_device {
namespace {

constexpr std::string_view kChromeHints =
    R"("Chromium";v="128", "Not;A=Brand";v="24", "Google Chrome";v="128")";

DeviceDescription describe(const ClientDescription& client)
{
    static ClientDeviceService service;
    return service.describe(client);
}

struct Example {
    std::string user_agent;
    DeviceDescription expected;
};

TEST(ClientDevice, DescribesEverydayClients)
{
    const Example examples[] = {
        {"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
         {DeviceKind::Desktop, "Firefox", "128", "Ubuntu"}},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
         {DeviceKind::Desktop, "Firefox", "128", "Windows 10"}},
        {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/17.5 "
         "Safari/605.1.15",
         {DeviceKind::Desktop, "Safari", "17", "macOS"}},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
         "Gecko) Version/17.5 "
         "Mobile/15E148 Safari/604.1",
         {DeviceKind::Phone, "Safari", "17", "iOS 17"}},
        {"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/16.6 "
         "Mobile/15E148 Safari/604.1",
         {DeviceKind::Tablet, "Safari", "16", "iOS 16"}},
        {"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/128.0.0.0 Mobile "
         "Safari/537.36",
         {DeviceKind::Phone, "Chrome", "128", "Android 10"}},
        {"Mozilla/5.0 (Linux; Android 13; SM-T970) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/128.0.0.0 "
         "Safari/537.36",
         {DeviceKind::Tablet, "Chrome", "128", "Android 13"}},
        {"curl/7.88.1", {DeviceKind::Program, "curl", "7", ""}},
        {"", {}},
        {"\xff\xff", {DeviceKind::Program, "", "", ""}},
    };
    for (const Example& example : examples) {
        const DeviceDescription device = describe({.user_agent = example.user_agent});
        EXPECT_EQ(device.kind, example.expected.kind) << example.user_agent;
        EXPECT_EQ(device.browser, example.expected.browser) << example.user_agent;
        EXPECT_EQ(device.browser_version, example.expected.browser_version) << example.user_agent;
        EXPECT_EQ(device.system, example.expected.system) << example.user_agent;
    }
}

TEST(ClientDevice, BelievesHintsMoreThanAFrozenUserAgent)
{
    ClientDescription client{
        .user_agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like "
                      "Gecko) Chrome/128.0.0.0 Safari/537.36",
        .hint_brands = R"("Chromium";v="128", "Brave";v="128.1", "Not_A Brand";v="8")",
        .hint_platform = R"("Windows")",
        .hint_mobile = "?0"};
    EXPECT_EQ(describe(client),
              (DeviceDescription{DeviceKind::Desktop, "Brave", "128.1", "Windows"}));
    client.hint_brands = kChromeHints;
    client.hint_platform = R"("Android")";
    EXPECT_EQ(describe(client),
              (DeviceDescription{DeviceKind::Tablet, "Chrome", "128", "Android"}));
    client.hint_mobile = "?1";
    EXPECT_EQ(describe(client).kind, DeviceKind::Phone);
    client.hint_brands = "broken";
    client.hint_platform = "Windows";
    client.hint_mobile = "1";
    EXPECT_EQ(describe(client),
              (DeviceDescription{DeviceKind::Desktop, "Chrome", "128", "Windows 10"}));
}

TEST(ClientHints, AreReadStrictly)
{
    EXPECT_EQ(
        parse_brands(kChromeHints),
        (std::vector<Brand>{{"Chromium", "128"}, {"Not;A=Brand", "24"}, {"Google Chrome", "128"}}));
    EXPECT_EQ(parse_brands(R"("a\"\\b";v="1")"), (std::vector<Brand>{{R"(a"\b)", "1"}}));
    for (const std::string header :
         {"", "a", "\"a\"", "\"a\";v=1", "\"a\";v=\"1\",", "\"a\";v=\"1\" \"b\";v=\"2\"",
          "\"a\\n\";v=\"1\"", "\"a\x01\";v=\"1\"", "\"ü\";v=\"1\"", "\"a;v=\"1\"", ",\"a\";v=\"1\"",
          "\"a\";v=\"1\"x"}) {
        EXPECT_FALSE(parse_brands(header)) << header;
    }
    EXPECT_FALSE(parse_brands("\"" + std::string(65, 'a') + "\";v=\"1\""));
    std::string many;
    for (int i = 0; i < 17; ++i) {
        many += std::string(many.empty() ? "" : ", ") + R"("a";v="1")";
    }
    EXPECT_FALSE(parse_brands(many));
    EXPECT_EQ(parse_platform(R"("Chrome OS")"), "Chrome OS");
    EXPECT_FALSE(parse_platform("Windows"));
    EXPECT_FALSE(parse_platform(R"("Windows" x)"));
    EXPECT_EQ(parse_mobile("?1"), true);
    EXPECT_EQ(parse_mobile("?0"), false);
    for (const std::string header : {"", "1", "?2", "?1 ", "true"}) {
        EXPECT_FALSE(parse_mobile(header)) << header;
    }
}

TEST(Printable, DropsWhatHidesOrTurnsTextAndCutsAtACharacter)
{
    EXPECT_EQ(printable("a\x01\x7f\u202e\u200bb\u2066\ufeff\u061c\u0085", 64), "ab");
    EXPECT_EQ(printable("\xff", 64), "");
    EXPECT_EQ(printable("üüü", 5), "üü");
    EXPECT_EQ(printable("日本語", 64), "日本語");
}

TEST(ClientDeviceService, LetsTheExpressionsGoAndMakesThemAgain)
{
    ClientDeviceService service;
    const ClientDescription client{.user_agent = "curl/7.88.1"};
    Instant now = from_micros(0);
    EXPECT_EQ(service.describe(client).browser, "curl");
    for (int minute = 0; minute < 15; ++minute) {
        EXPECT_TRUE(service.run_once(now));
        now += std::chrono::minutes{1};
    }
    EXPECT_EQ(service.describe(client).browser, "curl");
}

TEST(ClientDeviceService, AnswersManyThreadsWhileTheJobRuns)
{
    ClientDeviceService service;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int j = 0; j < 20; ++j) {
                EXPECT_EQ(service.describe({.user_agent = "curl/7.88.1"}).browser_version, "7");
            }
        });
    }
    for (int hour = 0; hour < 3; ++hour) {
        EXPECT_TRUE(service.run_once(from_micros(0) + std::chrono::hours{hour}));
    }
}

TEST(DeviceDescription, IsJsonWithNullsForWhatIsNotKnown)
{
    JsonWriter json;
    write_json(json, {DeviceKind::Desktop, "Firefox", "128", ""});
    EXPECT_EQ(json.text(),
              R"({"kind":"desktop","browser":"Firefox","browser_version":"128","system":null})");
}

} // namespace
} // namespace keystead::client_device
