// guards: a call goes to the address that was checked, and comes back in bounded time and size
#include "outgoing/client.h"

#include "test/support/name_server.h"
#include "test/support/receiver.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>

namespace keystead::outgoing {
namespace {

using namespace std::chrono_literals;
using test::Receiver;

constexpr const char* kHost = "hooks.example";
const IpAddress kLoopback = *IpAddress::parse("127.0.0.1");
const IpAddress kElsewhere = *IpAddress::parse("127.0.0.9");

std::unique_ptr<const AddressPolicy> loopback_allowed()
{
    return std::make_unique<AddressPolicy>(std::vector{*IpRange::parse("127.0.0.1")});
}

Client client_of(const test::NameServer& names, std::unique_ptr<const AddressPolicy> policy,
                 std::chrono::milliseconds time_max = 2000ms)
{
    return {make_resolver(NameServer{kLoopback, names.port()}, "/nowhere"),
            std::move(policy),
            {.time_max = time_max, .clear_text_hosts = {kHost, "127.0.0.1", "other.example"}}};
}

test::NameServer::Say always(std::vector<IpAddress> addresses)
{
    return [addresses](const std::string&, int) { return addresses; };
}

class OutgoingClient : public testing::Test {
protected:
    Answer call(Receiver& receiver, BodyUse use = BodyUse::Leave)
    {
        test::NameServer names(always({kLoopback}));
        const auto client = client_of(names, loopback_allowed());
        const auto answer = client.send({.url = receiver.url(kHost), .post = "{}", .body = use});
        EXPECT_TRUE(answer);
        return answer ? *answer : Answer{};
    }
};

TEST_F(OutgoingClient, PostsToThePlaceNamed)
{
    Receiver receiver("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    EXPECT_EQ(call(receiver).status, 200);
    const auto answer = call(receiver, BodyUse::Keep);
    EXPECT_EQ(answer.outcome, Outcome::Answered);
    EXPECT_EQ(answer.body, "ok");
    ASSERT_EQ(receiver.requests().size(), 2U);
    const auto request = receiver.requests()[0];
    EXPECT_TRUE(request.starts_with("POST /hook HTTP/1.1\r\nHost: hooks.example:")) << request;
    EXPECT_TRUE(request.ends_with("\r\n\r\n{}"));
}

TEST_F(OutgoingClient, RefusesANameThatLeadsInside)
{
    Receiver receiver("HTTP/1.1 200 OK\r\n\r\n");
    test::NameServer names(always({kLoopback}));
    const auto client = client_of(names, std::make_unique<AddressPolicy>());
    EXPECT_EQ(client.send({.url = receiver.url(kHost)})->outcome, Outcome::Refused);
    const auto literal = client.send({.url = receiver.url()});
    ASSERT_FALSE(literal);
    EXPECT_EQ(literal.error().code, "outgoing/inside-address");
    EXPECT_TRUE(receiver.requests().empty());
}

// guards: what the settings open inside is the operators', not everybody's
TEST_F(OutgoingClient, OpensInsideForOperatorsAlone)
{
    Receiver receiver("HTTP/1.1 204 No Content\r\n\r\n");
    test::NameServer names(always({kLoopback}));
    const auto client = make_client({.allowed_addresses = {*IpRange::parse("127.0.0.1")},
                                     .clear_text_hosts = {kHost, "127.0.0.1"},
                                     .name_server = "127.0.0.1:" + std::to_string(names.port())});
    const std::string named = receiver.url(kHost);
    EXPECT_EQ(client->send({.url = named, .named_by = NamedBy::Operator})->status, 204);
    EXPECT_EQ(client->send({.url = named}).error().code, "outgoing/not-https");
    EXPECT_TRUE(client->check("https://127.0.0.1/", NamedBy::Operator));
    EXPECT_EQ(client->check("https://127.0.0.1/").error().code, "outgoing/inside-address");
    const auto encrypted = client->send({.url = "https://" + named.substr(named.find(kHost))});
    ASSERT_TRUE(encrypted);
    EXPECT_EQ(encrypted->outcome, Outcome::Refused);
    EXPECT_EQ(receiver.requests().size(), 1U);
}

TEST_F(OutgoingClient, LeavesABodyThatDoesNotCome)
{
    Receiver receiver(
        "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    const auto answer = call(receiver);
    EXPECT_EQ(answer.outcome, Outcome::Answered) << answer.cause;
    EXPECT_EQ(answer.status, 200);
}

TEST_F(OutgoingClient, RefusesANameWithOneInsideAddressAmongOthers)
{
    Receiver receiver("HTTP/1.1 200 OK\r\n\r\n");
    test::NameServer names(always({kLoopback, kElsewhere}));
    const auto client = client_of(names, loopback_allowed());
    EXPECT_EQ(client.send({.url = receiver.url(kHost)})->outcome, Outcome::Refused);
    EXPECT_TRUE(receiver.requests().empty());
}

// A name that leads to a permitted address when asked first and inside when asked again: it is
// asked once for each call, and the answer that was judged is the one connected to.
TEST_F(OutgoingClient, IsNotFooledByANameThatIsBoundAgain)
{
    Receiver receiver("HTTP/1.1 200 OK\r\n\r\n");
    std::atomic<int> asked = 0;
    test::NameServer names([&](const std::string&, int times) -> std::vector<IpAddress> {
        asked = times + 1;
        return {times % 2 == 0 ? kLoopback : kElsewhere};
    });
    const auto client = client_of(names, loopback_allowed());
    EXPECT_EQ(client.send({.url = receiver.url(kHost)})->outcome, Outcome::Answered);
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(client.send({.url = receiver.url(kHost)})->outcome, Outcome::Refused);
    EXPECT_EQ(client.send({.url = receiver.url(kHost)})->outcome, Outcome::Answered);
}

/// Permits everything the first time it is asked and nothing afterwards: the check before the
/// connection passes, so that only the one in the socket's callback is left.
class OnlyOnce final : public AddressPolicy {
public:
    bool permits(const IpAddress&) const override { return asked_++ == 0; }

private:
    mutable std::atomic<int> asked_ = 0;
};

TEST_F(OutgoingClient, ChecksTheSocketsOwnAddressAgain)
{
    Receiver receiver("HTTP/1.1 200 OK\r\n\r\n");
    test::NameServer names(always({kLoopback}));
    const auto client = client_of(names, std::make_unique<OnlyOnce>());
    EXPECT_EQ(client.send({.url = receiver.url(kHost)})->outcome, Outcome::Refused);
    EXPECT_TRUE(receiver.requests().empty());
}

TEST_F(OutgoingClient, FollowsNoRedirect)
{
    Receiver inside("HTTP/1.1 200 OK\r\n\r\n");
    for (const auto* status : {"301", "302", "303", "307", "308"}) {
        Receiver receiver("HTTP/1.1 " + std::string(status) + " Elsewhere\r\nLocation: " +
                          inside.url() + "\r\nRefresh: 0; url=" + inside.url() + "\r\n\r\n");
        EXPECT_EQ(call(receiver, BodyUse::Keep).status, std::atoi(status));
    }
    EXPECT_TRUE(inside.requests().empty());
}

TEST_F(OutgoingClient, ReadsNoProxyFromTheEnvironment)
{
    Receiver proxy("HTTP/1.1 200 OK\r\n\r\n");
    Receiver receiver("HTTP/1.1 204 Done\r\n\r\n");
    const char* const names[] = {"http_proxy", "all_proxy", "ALL_PROXY", "HTTP_PROXY"};
    for (const auto* name : names) {
        setenv(name, proxy.url().c_str(), 1);
    }
    EXPECT_EQ(call(receiver).status, 204);
    for (const auto* name : names) {
        unsetenv(name);
    }
    EXPECT_TRUE(proxy.requests().empty());
}

TEST_F(OutgoingClient, CutsAnEndlessBody)
{
    Receiver receiver([](const std::string&, const Receiver::Send& send) {
        send("HTTP/1.1 200 OK\r\n\r\n");
        while (send(std::string(4096, 'x'))) {}
    });
    EXPECT_EQ(call(receiver, BodyUse::Keep).outcome, Outcome::AnswerTooLarge);
    EXPECT_TRUE(call(receiver, BodyUse::Keep).body.empty());
    const auto left = call(receiver, BodyUse::Leave);
    EXPECT_EQ(left.outcome, Outcome::Answered);
    EXPECT_EQ(left.status, 200);
}

TEST_F(OutgoingClient, CutsAnEndlessHead)
{
    Receiver receiver([](const std::string&, const Receiver::Send& send) {
        send("HTTP/1.1 200 OK\r\n");
        while (send("X-Long: " + std::string(1000, 'x') + "\r\n")) {}
    });
    EXPECT_EQ(call(receiver).outcome, Outcome::AnswerTooLarge);
    Receiver interim([](const std::string&, const Receiver::Send& send) {
        while (send("HTTP/1.1 103 Early\r\nX-Long: " + std::string(1000, 'x') + "\r\n\r\n")) {}
    });
    EXPECT_EQ(call(interim).outcome, Outcome::AnswerTooLarge);
}

TEST_F(OutgoingClient, DoesNotWaitForASlowAnswer)
{
    std::atomic<bool> stop = false;
    Receiver receiver([&](const std::string&, const Receiver::Send& send) {
        while (!stop && send("H")) { // One byte at a time, for ever.
            pollfd nothing{-1, 0, 0};
            poll(&nothing, 1, 30);
        }
    });
    test::NameServer names(always({kLoopback}));
    const auto client = client_of(names, loopback_allowed(), 300ms);
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = client.send({.url = receiver.url(kHost)});
    stop = true;
    EXPECT_NE(answer->outcome, Outcome::Answered);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

TEST_F(OutgoingClient, SaysWhatWentWrong)
{
    test::NameServer names([](const std::string& name, int) -> std::vector<IpAddress> {
        return name == kHost ? std::vector{kLoopback} : std::vector<IpAddress>{};
    });
    const auto client = client_of(names, loopback_allowed());
    EXPECT_EQ(client.send({.url = "http://other.example/"})->outcome, Outcome::NoAddress);
    EXPECT_EQ(client.send({.url = "http://hooks.example:1/"})->outcome, Outcome::Unreachable);
    Receiver receiver("SMTP hello\r\n");
    EXPECT_EQ(client.send({.url = receiver.url(kHost)})->outcome, Outcome::Unreachable);
    Receiver clear("HTTP/1.1 400 This is no TLS\r\n\r\n");
    EXPECT_EQ(
        client.send({.url = "https://hooks.example:" + std::to_string(clear.port())})->outcome,
        Outcome::TlsFailed);
    // The same words for both: else anybody could ask which names exist inside.
    EXPECT_EQ(words_of(Outcome::NoAddress), words_of(Outcome::Refused));
}

TEST_F(OutgoingClient, HearsWhenToComeAgain)
{
    Receiver receiver("HTTP/1.1 503 Busy\r\nretry-after: 120\r\n\r\n");
    const auto answer = call(receiver);
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.retry_after, 120s);
    Receiver odd("HTTP/1.1 503 Busy\r\nRetry-After: soon\r\n\r\n");
    EXPECT_FALSE(call(odd).retry_after);
}

} // namespace
} // namespace keystead::outgoing
