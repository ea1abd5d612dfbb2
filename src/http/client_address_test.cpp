// http/client_address_test.cpp
#include "http/client_address.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace keystead;
using namespace keystead::http;

std::string client(std::string_view peer, std::initializer_list<std::string_view> forwarded)
{
    const std::vector<IpRange> proxies{*IpRange::parse("10.0.0.0/8"), *IpRange::parse("fd00::/8")};
    std::vector<HeadField> fields{{"Host", "a"}};
    for (const auto value : forwarded) {
        fields.push_back({"X-Forwarded-For", value});
    }
    return client_address(*IpAddress::parse(peer), fields, proxies).text();
}

// guards: nobody but a trusted proxy says who is calling
TEST(ClientAddress, IgnoresTheFieldFromStrangers)
{
    EXPECT_EQ(client("203.0.113.9", {"1.2.3.4"}), "203.0.113.9");
}

TEST(ClientAddress, WalksFromTheRightToTheFirstThatIsNotTrusted)
{
    EXPECT_EQ(client("10.0.0.1", {"1.2.3.4"}), "1.2.3.4");
    EXPECT_EQ(client("10.0.0.1", {"6.6.6.6, 1.2.3.4"}), "1.2.3.4");
    EXPECT_EQ(client("10.0.0.1", {"6.6.6.6, 1.2.3.4, 10.9.9.9"}), "1.2.3.4");
    EXPECT_EQ(client("10.0.0.1", {"6.6.6.6", "1.2.3.4"}), "1.2.3.4"); // two fields are one list
    EXPECT_EQ(client("10.0.0.1", {"10.0.0.7, 10.0.0.8"}), "10.0.0.7");
    EXPECT_EQ(client("10.0.0.1", {}), "10.0.0.1");
}

// guards: a hop that is no address ends the walk; nothing left of it counts
TEST(ClientAddress, StopsAtWhatIsNoAddress)
{
    EXPECT_EQ(client("10.0.0.1", {"1.2.3.4, unknown"}), "10.0.0.1");
    EXPECT_EQ(client("10.0.0.1", {"1.2.3.4, , 10.0.0.2"}), "10.0.0.2");
    EXPECT_EQ(client("10.0.0.1", {"1.2.3.4:80"}), "10.0.0.1");
    EXPECT_EQ(client("10.0.0.1", {""}), "10.0.0.1");
}

TEST(ClientAddress, UnmapsIPv4InIPv6)
{
    EXPECT_EQ(client("::ffff:10.0.0.1", {"::ffff:1.2.3.4"}), "1.2.3.4");
    EXPECT_EQ(client("fd00::1", {"2001:db8::7"}), "2001:db8::7");
}

} // namespace
