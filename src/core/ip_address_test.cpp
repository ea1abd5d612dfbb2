#include "core/ip_address.h"

#include <gtest/gtest.h>

namespace keystead {
namespace {

IpAddress ip(std::string_view text)
{
    return IpAddress::parse(text).value();
}

// guards: one address has one form, mapped or not
TEST(IpAddress, ReadsAndWritesBothFamilies)
{
    EXPECT_EQ(ip("192.0.2.1").text(), "192.0.2.1");
    EXPECT_EQ(ip("2001:DB8:0:0::1").text(), "2001:db8::1");
    EXPECT_EQ(ip("::ffff:192.0.2.1"), ip("192.0.2.1"));
    EXPECT_TRUE(ip("::ffff:192.0.2.1").is_v4());
    EXPECT_FALSE(ip("::1").is_v4());
}

// guards: nothing but an address: no port, zone, brackets, octal or short form
TEST(IpAddress, RefusesEverythingElse)
{
    for (const auto* text :
         {"", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "0x7f.0.0.1", "127.1", "1.2.3.4:80",
          "[::1]", "fe80::1%eth0", "::1 ", " ::1", ":::", "1::2::3", "localhost", "12345::"}) {
        EXPECT_FALSE(IpAddress::parse(text)) << text;
    }
    EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0", 8)));
    EXPECT_FALSE(IpAddress::parse(std::string(1000, '1')));
}

// guards: clear text stays on loopback; "local network" is told from the world
TEST(IpAddress, KnowsLoopbackAndPrivate)
{
    for (const auto* text : {"127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"}) {
        EXPECT_TRUE(ip(text).is_loopback()) << text;
    }
    for (const auto* text : {"0.0.0.0", "::", "128.0.0.1", "10.0.0.1"}) {
        EXPECT_FALSE(ip(text).is_loopback()) << text;
    }
    for (const auto* text : {"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
                             "169.254.0.1", "fd00::1", "fe80::1", "::1"}) {
        EXPECT_TRUE(ip(text).is_private()) << text;
    }
    for (const auto* text :
         {"172.32.0.1", "172.15.0.1", "192.169.0.1", "8.8.8.8", "2001:db8::1", "ff02::1"}) {
        EXPECT_FALSE(ip(text).is_private()) << text;
    }
}

// guards: a budget per source cannot be escaped by moving within one's own /64
TEST(IpAddress, CountsAnIpv6SourceByItsPrefix)
{
    EXPECT_EQ(ip("2001:db8:1:2:3:4:5:6").source_prefix(), ip("2001:db8:1:2::"));
    EXPECT_NE(ip("2001:db8:1:3::1").source_prefix(), ip("2001:db8:1:2::"));
    EXPECT_EQ(ip("192.0.2.7").source_prefix(), ip("192.0.2.7"));
}

// guards: who is a trusted proxy
TEST(IpRange, ContainsByPrefix)
{
    const auto ten = IpRange::parse("10.0.0.0/8").value();
    EXPECT_TRUE(ten.contains(ip("10.255.0.1")));
    EXPECT_TRUE(ten.contains(ip("::ffff:10.0.0.1")));
    EXPECT_FALSE(ten.contains(ip("11.0.0.0")));
    EXPECT_FALSE(ten.contains(ip("a00::"))) << "same first byte, other family";
    const auto odd = IpRange::parse("192.168.16.0/20").value();
    EXPECT_TRUE(odd.contains(ip("192.168.31.255")));
    EXPECT_FALSE(odd.contains(ip("192.168.32.0")));
    EXPECT_TRUE(IpRange::parse("0.0.0.0/0")->contains(ip("8.8.8.8")));
    EXPECT_TRUE(IpRange::parse("2001:db8::/33")->contains(ip("2001:db8:7fff::")));
    EXPECT_FALSE(IpRange::parse("2001:db8::/33")->contains(ip("2001:db8:8000::")));
    EXPECT_TRUE(IpRange::parse("::ffff:10.0.0.0/104")->contains(ip("10.9.9.9")));
    EXPECT_EQ(IpRange::parse("192.0.2.1")->text(), "192.0.2.1/32");
}

// guards: a range that says two things is refused
TEST(IpRange, RefusesWhatIsNoRange)
{
    for (const auto* text :
         {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8 ",
          "10.0.0.1/8", "::/129", "2001:db8::1/64", "10.0.0.0/8/8", "::ffff:10.0.0.0/95"}) {
        EXPECT_FALSE(IpRange::parse(text)) << text;
    }
}

} // namespace
} // namespace keystead
