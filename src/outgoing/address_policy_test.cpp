// guards: no disguise makes an inside address look public
#include "outgoing/address_policy.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <string>

namespace keystead::outgoing {
namespace {

using enum AddressClass;

AddressClass class_of(const std::string& text)
{
    return classify(*IpAddress::parse(text));
}

TEST(AddressPolicy, KnowsTheSpecialAddresses)
{
    const std::pair<const char*, AddressClass> expected[] = {
        {"8.8.8.8", Public},
        {"1.1.1.1", Public},
        {"172.15.255.255", Public},
        {"172.32.0.0", Public},
        {"100.63.255.255", Public},
        {"100.128.0.0", Public},
        {"223.255.255.255", Public},
        {"11.0.0.0", Public},
        {"198.20.0.0", Public},
        {"0.0.0.0", Unspecified},
        {"0.1.2.3", Unspecified},
        {"10.255.255.255", Private},
        {"172.16.0.0", Private},
        {"172.31.255.255", Private},
        {"192.168.0.1", Private},
        {"127.0.0.1", Loopback},
        {"127.255.255.254", Loopback},
        {"169.254.0.1", LinkLocal},
        {"169.254.169.254", Metadata},
        {"100.100.100.200", Metadata},
        {"168.63.129.16", Metadata},
        {"192.0.0.192", Metadata},
        {"100.64.0.0", Shared},
        {"100.127.255.255", Shared},
        {"224.0.0.1", Multicast},
        {"239.255.255.255", Multicast},
        {"192.0.2.1", Documentation},
        {"198.51.100.1", Documentation},
        {"203.0.113.1", Documentation},
        {"198.18.0.1", Benchmark},
        {"198.19.255.255", Benchmark},
        {"240.0.0.1", Reserved},
        {"255.255.255.255", Reserved},
        {"192.0.0.1", Reserved},
        {"192.88.99.1", Reserved},
        {"2606:4700::1", Public},
        {"2a00:1450:4001::1", Public},
        {"::", Unspecified},
        {"::1", Loopback},
        {"fc00::1", Private},
        {"fdff::1", Private},
        {"fd00:ec2::254", Metadata},
        {"fe80::1", LinkLocal},
        {"febf::1", LinkLocal},
        {"fec0::1", Private},
        {"ff02::1", Multicast},
        {"2001:db8::1", Documentation},
        {"3fff::1", Documentation},
        {"2001:2::1", Benchmark},
        {"2001:0:1::1", Reserved},
        {"64:ff9b:1::808:808", Private},
        {"4000::1", Reserved},
        {"100::1", Reserved},
        {"5f00::1", Reserved},
        {"2606:4700::5efe:a00:1", Reserved},
        {"2606:4700::200:5efe:808:808", Reserved},
    };
    for (const auto& [text, address_class] : expected) {
        EXPECT_EQ(class_of(text), address_class) << text;
    }
}

TEST(AddressPolicy, JudgesCarrierAddressesByWhatTheyLeadTo)
{
    EXPECT_EQ(class_of("::ffff:127.0.0.1"), Loopback);
    EXPECT_EQ(class_of("::ffff:169.254.169.254"), Metadata);
    EXPECT_EQ(class_of("::ffff:8.8.8.8"), Public);
    EXPECT_EQ(class_of("::127.0.0.1"), Loopback);
    EXPECT_EQ(class_of("::10.0.0.1"), Private);
    EXPECT_EQ(class_of("64:ff9b::10.0.0.1"), Private);
    EXPECT_EQ(class_of("64:ff9b::169.254.169.254"), Metadata);
    EXPECT_EQ(class_of("64:ff9b::8.8.8.8"), Public);
    EXPECT_EQ(class_of("2002:7f00:1::1"), Loopback);
    EXPECT_EQ(class_of("2002:c0a8:1::"), Private);
    EXPECT_EQ(class_of("2002:808:808::1"), Public);
}

RC_GTEST_PROP(AddressPolicy, ADisguiseChangesNothing, (const std::array<std::uint8_t, 4>& v4))
{
    const auto plain = classify(IpAddress::from_v4(v4));
    const auto [a, b, c, d] = v4;
    RC_ASSERT(classify(IpAddress::from_v6(
                  {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, a, b, c, d})) == plain);
    RC_ASSERT(classify(IpAddress::from_v6(
                  {0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d})) == plain);
    const auto tail = *rc::gen::arbitrary<std::array<std::uint8_t, 10>>();
    std::array<std::uint8_t, 16> six_to_four{0x20, 0x02, a, b, c, d};
    std::copy(tail.begin(), tail.end(), six_to_four.begin() + 6);
    RC_ASSERT(classify(IpAddress::from_v6(six_to_four)) == plain);
}

RC_GTEST_PROP(AddressPolicy, NothingOutsideGlobalUnicastIsPublic,
              (const std::array<std::uint8_t, 16>& bytes))
{
    const auto address = IpAddress::from_v6(bytes);
    const bool is_carrier = !(inner_address(address) == address);
    if (!address.is_v4() && !is_carrier && (bytes[0] & 0xE0) != 0x20) {
        RC_ASSERT(classify(address) != Public);
    }
    RC_ASSERT(AddressPolicy().permits(address) == (classify(address) == Public));
}

RC_GTEST_PROP(AddressPolicy, WhatPeopleCallLocalIsNeverPublic,
              (const std::array<std::uint8_t, 4>& v4))
{
    const auto address = IpAddress::from_v4(v4);
    if (address.is_private()) {
        RC_ASSERT(classify(address) != Public);
    }
}

TEST(AddressPolicy, PermitsInsideAddressesThatWereListedAndNoOthers)
{
    const AddressPolicy policy({*IpRange::parse("10.1.0.0/16"), *IpRange::parse("fd01::/16")});
    for (const auto* inside : {"10.1.2.3", "fd01::1", "64:ff9b::10.1.2.3", "::ffff:10.1.0.1"}) {
        EXPECT_TRUE(policy.permits(*IpAddress::parse(inside))) << inside;
    }
    for (const auto* other : {"10.2.0.0", "127.0.0.1", "fd02::1", "169.254.169.254", "::1"}) {
        EXPECT_FALSE(policy.permits(*IpAddress::parse(other))) << other;
    }
    EXPECT_TRUE(policy.permits(*IpAddress::parse("9.9.9.9")));
}

} // namespace
} // namespace keystead::outgoing
