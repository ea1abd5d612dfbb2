// guards: names are resolved in bounded time, by the name server that was named
#include "outgoing/resolver.h"

#include "outgoing/dns_answer.h"
#include "test/support/name_server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace keystead::outgoing {
namespace {

IpAddress address(const char* text)
{
    return *IpAddress::parse(text);
}

std::unique_ptr<Resolver> asking(std::uint16_t port)
{
    return make_resolver(NameServer{address("127.0.0.1"), port}, "/nowhere/hosts");
}

TEST(Resolver, AsksTheNameServer)
{
    test::NameServer server([](const std::string& name, int) -> std::vector<IpAddress> {
        if (name == "hooks.example") {
            return {address("192.0.2.7"), address("192.0.2.8"), address("2001:db8::7")};
        }
        return {};
    });
    const auto resolver = asking(server.port());
    const auto found = resolver->resolve("hooks.example");
    ASSERT_TRUE(found);
    EXPECT_EQ(*found,
              (std::vector{address("192.0.2.7"), address("192.0.2.8"), address("2001:db8::7")}));
    const auto missing = resolver->resolve("other.example");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, "outgoing/no-address");
}

TEST(Resolver, DoesNotWaitForADeadNameServer)
{
    const int silent = socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof place;
    bind(silent, reinterpret_cast<sockaddr*>(&place), size);
    getsockname(silent, reinterpret_cast<sockaddr*>(&place), &size);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(asking(ntohs(place.sin_port))->resolve("hooks.example"));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{5});
    close(silent);
}

TEST(Resolver, ReadsHostsFiles)
{
    constexpr std::string_view kHosts = "# 9.9.9.9 receiver\n127.0.0.1\tlocalhost\n"
                                        "::1 localhost receiver\n10.0.0.5  a receiver # b\n"
                                        "nonsense receiver\n10.0.0.6 RECEIVER";
    EXPECT_EQ(addresses_in_hosts(kHosts, "receiver"),
              (std::vector{address("10.0.0.5"), address("10.0.0.6"), address("::1")}));
    EXPECT_TRUE(addresses_in_hosts(kHosts, "b").empty());
    EXPECT_TRUE(addresses_in_hosts("", "a").empty());
}

TEST(Resolver, ReadsNameServersAsWritten)
{
    EXPECT_EQ(parse_name_server("192.0.2.1")->port, 53);
    EXPECT_EQ(parse_name_server("192.0.2.1:5353")->port, 5353);
    for (const auto* text : {"", "name", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:x", "::1"}) {
        EXPECT_FALSE(parse_name_server(text)) << text;
    }
}

TEST(Resolver, TakesNoDamagedAnswer)
{
    EXPECT_FALSE(addresses_in({}));
    // One answer is announced, and the message ends before it.
    constexpr std::string_view kCut("\0\0\x81\x80\0\0\0\1\0\0\0\0\0\0\1\0\1\0\0\0\0\0\x40x", 24);
    EXPECT_FALSE(addresses_in(as_bytes(kCut)));
}

} // namespace
} // namespace keystead::outgoing
