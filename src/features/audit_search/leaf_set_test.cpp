// guards: a set of leaves means the same after it was stored
#include "features/audit_search/leaf_set.h"

#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

#include <set>

namespace keystead::audit_search {
namespace {

std::uint32_t number(test::SeededRandom& random, std::uint32_t below)
{
    const auto bytes = random_bytes<4>(random);
    std::uint32_t value = 0;
    for (const std::byte byte : bytes) {
        value = value << 8 | std::to_integer<std::uint32_t>(byte);
    }
    return value % below;
}

TEST(LeafSet, IsWhatWasAddedAfterItWasStored)
{
    test::SeededRandom random;
    for (const std::uint32_t count : {0U, 1U, 2U, 255U, 256U, 257U, 3000U, kBlockLeaves}) {
        LeafSet set;
        std::set<std::uint32_t> expected;
        while (expected.size() < count) {
            const std::uint32_t place = number(random, kBlockLeaves);
            expected.insert(place);
            set.add(place);
        }
        const auto stored = LeafSet::decode(set.encode());
        ASSERT_TRUE(stored);
        EXPECT_EQ(*stored, set);
        EXPECT_EQ(set.count(), count);
        std::set<std::uint32_t> listed;
        for (auto place = stored->next(0); place < kBlockLeaves; place = stored->next(place + 1)) {
            listed.insert(place);
        }
        EXPECT_EQ(listed, expected);
    }
}

TEST(LeafSet, TakesTheSmallerOfTwoForms)
{
    LeafSet set;
    set.add_range(0, 255);
    EXPECT_EQ(set.encode().size(), 510U);
    set.add(4095);
    EXPECT_EQ(set.encode().size(), 512U);
    EXPECT_EQ(LeafSet::all().encode().size(), 512U);
}

TEST(LeafSet, RefusesWhatItDoesNotWrite)
{
    EXPECT_FALSE(LeafSet::decode(Bytes(1)));
    EXPECT_FALSE(LeafSet::decode(Bytes(514)));
    EXPECT_FALSE(LeafSet::decode(Bytes(512))); // bits, but too few of them
    const auto list = [](std::initializer_list<int> bytes) {
        Bytes out;
        for (const int byte : bytes) {
            out.push_back(static_cast<std::byte>(byte));
        }
        return out;
    };
    EXPECT_TRUE(LeafSet::decode(list({0, 1, 0, 2})));
    EXPECT_FALSE(LeafSet::decode(list({0, 1, 0, 1})));
    EXPECT_FALSE(LeafSet::decode(list({0, 2, 0, 1})));
    EXPECT_FALSE(LeafSet::decode(list({0x10, 0})));
}

TEST(LeafSet, JoinsMeetsAndSubtracts)
{
    LeafSet a;
    a.add_range(10, 20);
    LeafSet b;
    b.add_range(15, 30);
    LeafSet both = a;
    both &= b;
    EXPECT_EQ(both.count(), 5U);
    EXPECT_EQ(both.next(0), 15U);
    LeafSet any = a;
    any |= b;
    EXPECT_EQ(any.count(), 20U);
    a -= b;
    EXPECT_EQ(a.count(), 5U);
    EXPECT_FALSE(a.contains(15));
    a -= any;
    EXPECT_TRUE(a.is_empty());
}

} // namespace
} // namespace keystead::audit_search
