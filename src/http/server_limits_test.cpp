// http/server_limits_test.cpp
//
// The server under pressure: slow clients, full queues, caps, slots, rates, shutdown.
#include "test/support/live_server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace keystead;
using namespace keystead::http;
using namespace keystead::test;
using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kJson = "Content-Type: application/json\r\n";

// guards: slow clients are cut, at every stage, while others are served
TEST(ServerLimits, CutsSlowClientsWhileOthersAreServed)
{
    LiveServer live([](ServerOptions& options) {
        options.settings.head_timeout = 1s;
        options.settings.body_timeout = 1s;
        options.settings.idle_timeout = 1s;
    });
    RawClient silent(live.port());
    RawClient half_a_head(live.port());
    half_a_head.send("GET /v1/check HTTP/1.1\r\nHost: loc");
    RawClient half_a_body(live.port());
    half_a_body.send(live.request("POST /v1/echo", std::string(kJson) + "Content-Length: 12\r\n") +
                     "{\"te");
    RawClient idle(live.port());
    idle.send(live.request("GET /v1/things/a"));
    EXPECT_EQ(status_of_answer(idle.read_answer()), 200);

    const auto begin = SteadyClock::now();
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(status_of_answer(live.answer("GET /v1/things/a")), 200);
    }
    for (RawClient* slow : {&silent, &half_a_head, &half_a_body, &idle}) {
        EXPECT_EQ(slow->read_all(), "");
    }
    EXPECT_LT(SteadyClock::now() - begin, 4s);
}

// guards: a head a byte at a time is as slow as no head
TEST(ServerLimits, CutsAHeadThatDrips)
{
    LiveServer live([](ServerOptions& options) { options.settings.head_timeout = 1s; });
    RawClient client(live.port());
    const auto begin = SteadyClock::now();
    bool open = true;
    client.send("GET / HTTP/1.1\r\n");
    while (open && SteadyClock::now() - begin < 5s) {
        open = client.send("X: y\r\n"); // fails once the server has closed and reset
        std::this_thread::yield();
    }
    EXPECT_FALSE(open);
}

TEST(ServerLimits, BoundsConnectionsOfASource)
{
    LiveServer live(
        [](ServerOptions& options) { options.settings.connections_per_source_max = 3; });
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 3; ++i) {
        clients.push_back(std::make_unique<RawClient>(live.port()));
        clients.back()->send(live.request("GET /v1/things/a"));
        EXPECT_EQ(status_of_answer(clients.back()->read_answer()), 200);
    }
    RawClient fourth(live.port());
    fourth.send(live.request("GET /v1/things/a"));
    EXPECT_EQ(fourth.read_all(), "");
    clients.pop_back();
    EXPECT_TRUE(
        eventually([&] { return status_of_answer(live.answer("GET /v1/things/a")) == 200; }));
}

TEST(ServerLimits, BoundsConnectionsInAllButNotAProxysBySource)
{
    LiveServer live([](ServerOptions& options) {
        options.settings.connections_max = 5;
        options.settings.connections_per_source_max = 1;
        options.settings.trusted_proxies = {*IpRange::parse("127.0.0.0/8")};
    });
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(std::make_unique<RawClient>(live.port()));
        clients.back()->send(live.request("GET /v1/things/a"));
        EXPECT_EQ(status_of_answer(clients.back()->read_answer()), 200);
    }
    EXPECT_EQ(live.answer("GET /v1/things/a"), "");
}

// guards: a full credential queue is said at once, and known devices still get a place
TEST(ServerLimits, AnswersBusyWhenTheCredentialQueueIsFull)
{
    LiveServer live([](ServerOptions& options) {
        options.credential_threads = 1;
        options.credential_queue_max = 4;
        options.reserved_place_of = [](const Request& request, std::string_view) {
            return request.cookie("__Host-keystead-device") ? std::optional<std::uint64_t>(7)
                                                            : std::nullopt;
        };
    });
    std::vector<std::unique_ptr<RawClient>> clients;
    const auto hash = [&](std::string_view fields = {}) {
        clients.push_back(std::make_unique<RawClient>(live.port()));
        clients.back()->send(live.request("GET /v1/hash", fields));
    };
    hash();
    ASSERT_TRUE(eventually([&] { return live.waiting == 1; })); // the thread is taken
    hash();
    hash();
    ASSERT_TRUE(eventually([&] {
        return live.metrics.text().find("keystead_lane_credential_waiting 2\n") !=
               std::string::npos;
    }));
    const auto busy = live.answer("GET /v1/hash");
    EXPECT_EQ(status_of_answer(busy), 503);
    EXPECT_EQ(field_of(busy, "Retry-After"), "2");
    hash("Cookie: __Host-keystead-device=ks_dev_1\r\n");
    ASSERT_TRUE(eventually([&] {
        return live.metrics.text().find("keystead_lane_credential_waiting 3\n") !=
               std::string::npos;
    }));
    EXPECT_EQ(status_of_answer(live.answer("GET /v1/things/a")), 200); // other lanes go on
    // guards: a client that hangs up frees no place
    clients[1]->hang_up();
    clients[2]->hang_up();
    EXPECT_EQ(status_of_answer(live.answer("GET /v1/hash")), 503);
    live.gate.count_down();
    EXPECT_EQ(status_of_answer(clients.front()->read_answer()), 204);
    EXPECT_TRUE(eventually([&] { return live.finished == 4; }));
}

std::chrono::milliseconds time_of(const LiveServer& live, std::string_view line)
{
    const auto begin = SteadyClock::now();
    (void)live.answer(line);
    return std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - begin);
}

// guards: refusals of credential routes leave on a fixed slot
TEST(ServerLimits, HoldsRefusalsBackUntilTheirSlot)
{
    LiveServer live; // slot of 150 ms
    EXPECT_GE(time_of(live, "GET /v1/refuse"), 150ms);
    EXPECT_GE(time_of(live, "GET /v1/always"), 150ms);
    live.server->set_credential_slot(400ms);
    EXPECT_GE(time_of(live, "GET /v1/refuse"), 400ms);
    live.server->set_credential_slot(5s);
    EXPECT_LT(time_of(live, "GET /v1/accept"), 4s); // a success tells what it tells anyway
}

// guards: D-10 over the wire
TEST(ServerLimits, RefusesOverTheRateWithTheStandardFields)
{
    LiveServer live(
        [](ServerOptions& options) { options.limits.address.sensitive_per_minute = 3; });
    for (int left = 3; left-- > 0;) {
        const auto answer = live.answer("GET /v1/limited");
        EXPECT_EQ(status_of_answer(answer), 204);
        EXPECT_EQ(field_of(answer, "RateLimit"),
                  "\"sensitive\";r=" + std::to_string(left) + ";t=20");
    }
    const auto refused = live.answer("GET /v1/limited");
    EXPECT_EQ(status_of_answer(refused), 429);
    EXPECT_EQ(field_of(refused, "Retry-After"), "20");
    EXPECT_EQ(field_of(refused, "RateLimit-Policy"), "\"sensitive\";q=3;w=60");
    live.clock.advance(std::chrono::seconds{20});
    EXPECT_EQ(status_of_answer(live.answer("GET /v1/limited")), 204);
    const auto check = live.answer("GET /v1/check", "Cookie: __Host-keystead=ks_ses_known\r\n");
    EXPECT_EQ(field_of(check, "RateLimit"), ""); // never limited
}

// guards: SIGTERM loses no request in hand
TEST(ServerLimits, DrainsGracefully)
{
    LiveServer live;
    RawClient idle(live.port());
    idle.send(live.request("GET /v1/things/a"));
    EXPECT_EQ(status_of_answer(idle.read_answer()), 200);
    RawClient working(live.port());
    working.send(live.request("GET /v1/wait"));
    ASSERT_TRUE(eventually([&] { return live.waiting == 1; }));
    auto drained = std::async(std::launch::async, [&] { return live.server->drain(); });
    EXPECT_EQ(idle.read_all(), "");
    EXPECT_TRUE(live.server->is_draining());
    EXPECT_TRUE(eventually([&] { return live.answer("GET /v1/things/a").empty(); })); // nobody new
    live.gate.count_down();
    const auto answer = working.read_all();
    EXPECT_EQ(status_of_answer(answer), 204);
    EXPECT_EQ(answer.find("(timeout)"), std::string::npos);
    EXPECT_TRUE(drained.get());
}

// guards: SO_REUSEPORT would let a second process take half of the requests
TEST(ServerLimits, RefusesAPortThatIsTaken)
{
    LiveServer live;
    Metrics metrics;
    ServerOptions options;
    options.settings.port = live.port();
    options.settings.metrics_port = 0;
    const auto second = Server::start(options, {.routes = live.routes,
                                                .catalogue = live.catalogue,
                                                .authenticator = live.authenticator,
                                                .clock = live.clock,
                                                .random = live.random,
                                                .metrics = metrics});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, "server/bind");
}

TEST(ServerLimits, GivesUpDrainingInTime)
{
    LiveServer live([](ServerOptions& options) { options.settings.drain_timeout = 1s; });
    RawClient working(live.port());
    working.send(live.request("GET /v1/wait"));
    ASSERT_TRUE(eventually([&] { return live.waiting == 1; }));
    EXPECT_FALSE(live.server->drain());
}

TEST(ServerLimits, ShowsMetricsOnAListenerOfTheirOwn)
{
    LiveServer probe; // finds a free port for the metrics, which 0 would switch off
    const std::uint16_t free_port = probe.port();
    probe.server.reset();
    LiveServer live([&](ServerOptions& options) { options.settings.metrics_port = free_port; });
    live.metrics.add_gauge("keystead_test", "A gauge.", [] { return 1.5; });
    (void)live.answer("GET /v1/things/a");
    const auto metrics_for = [&](const std::string& host) {
        RawClient client(live.server->metrics_port());
        client.send("GET /metrics HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
        return client.read_all();
    };
    const auto answer = metrics_for("localhost");
    EXPECT_EQ(status_of_answer(answer), 200);
    EXPECT_NE(answer.find("keystead_http_requests_total{class=\"2xx\"} 1\n"), std::string::npos)
        << answer;
    EXPECT_NE(answer.find("keystead_test 1.5\n"), std::string::npos);
    EXPECT_TRUE(answer.ends_with("# EOF\n"));
    EXPECT_EQ(status_of_answer(metrics_for("evil.example")), 421); // no page elsewhere reads it
    EXPECT_EQ(status_of_answer(live.answer("GET /metrics")), 404); // not on the main one
}

// guards: K-11: clear text leaves the machine only by a declared proxy
TEST(CheckListenAddress, RefusesClearTextOnTheNetwork)
{
    ServerSettings settings;
    EXPECT_TRUE(check_listen_address(settings));
    settings.listen_address = "0.0.0.0";
    EXPECT_EQ(check_listen_address(settings).error().code, "server/clear-text");
    settings.behind_tls_proxy = true;
    EXPECT_TRUE(check_listen_address(settings));
    settings.behind_tls_proxy = false;
    settings.tls_certificate = "a";
    EXPECT_EQ(check_listen_address(settings).error().code, "server/tls-pair");
    settings.tls_key = "b";
    EXPECT_TRUE(check_listen_address(settings));
    settings.listen_address = "localhost";
    EXPECT_EQ(check_listen_address(settings).error().code, "server/bad-address");
}

} // namespace
