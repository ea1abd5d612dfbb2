#include "features/credential_cache/credential_table.h"

#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

#include <map>
#include <memory_resource>
#include <set>
#include <vector>

namespace keystead::credential_cache {
namespace {

using Table = CredentialTable<int>;

class CredentialTableTest : public testing::Test {
protected:
    Digest token() { return random_bytes<32>(random_); }
    std::size_t dice() { return std::to_integer<std::size_t>(random_bytes<1>(random_)[0]); }
    test::SeededRandom random_;
    std::pmr::memory_resource& memory_ = *std::pmr::new_delete_resource();
};

// guards: the table is a map: what was put is found, what was erased is not, whatever came between
TEST_F(CredentialTableTest, HoldsWhatAMapWouldHold)
{
    Table table{memory_};
    std::map<Digest, int> model;
    std::vector<Digest> tokens;
    for (int i = 0; i < 256; ++i) {
        // Few distinct marks, so that long runs of cells form, and erasing has to close them.
        auto fresh = token();
        fresh[8] = static_cast<std::byte>(i % 7);
        fresh[9] = fresh[10] = fresh[11] = std::byte{0};
        tokens.push_back(fresh);
    }
    for (int step = 0; step < 5000; ++step) {
        const Digest& key = tokens[dice()];
        if (const auto spot = table.find(key)) {
            EXPECT_EQ(table.value(*spot), model.at(key));
            table.erase(*spot);
            model.erase(key);
        } else if (dice() < 160) {
            table.insert(key, step);
            model[key] = step;
        }
    }
    ASSERT_EQ(table.size(), model.size());
    for (const auto& key : tokens) {
        const auto spot = table.find(key);
        ASSERT_EQ(spot.has_value(), model.contains(key));
        if (spot) {
            EXPECT_EQ(table.value(*spot), model[key]);
        }
    }
}

// guards: what was looked at since the hand passed is spared
TEST_F(CredentialTableTest, EvictsWhatWasNotUsed)
{
    Table table{memory_};
    EXPECT_FALSE(table.choose_victim());
    std::vector<Digest> tokens;
    for (int i = 0; i < 100; ++i) {
        tokens.push_back(token());
        table.insert(tokens.back(), i);
    }
    const auto first = table.choose_victim(); // All are new: once round takes the marks away.
    ASSERT_TRUE(first);
    table.erase(*first);
    for (std::size_t i = 0; i < 50; ++i) {
        if (const auto spot = table.find(tokens[i])) {
            table.mark_referenced(*spot);
        }
    }
    for (int i = 0; i < 49; ++i) {
        const auto victim = table.choose_victim();
        ASSERT_TRUE(victim);
        EXPECT_GE(table.value(*victim), 50);
        table.erase(*victim);
    }
}

// guards: what is dirty is given once, also when others came or went meanwhile, and not after it
// went
TEST_F(CredentialTableTest, GivesWhatIsDirtyOnce)
{
    Table table{memory_};
    std::vector<Digest> tokens;
    for (int i = 0; i < 200; ++i) {
        tokens.push_back(token());
        table.insert(tokens.back(), i);
    }
    for (const std::size_t i : {3U, 150U, 199U}) {
        table.mark_dirty(*table.find(tokens[i]));
    }
    table.erase(*table.find(tokens[150]));
    for (int i = 200; i < 1000; ++i) {
        table.insert(token(), i); // The index grows, and all move.
    }
    std::set<int> given;
    while (const auto spot = table.take_dirty(0)) {
        EXPECT_TRUE(given.insert(table.value(*spot)).second);
    }
    EXPECT_EQ(given, (std::set<int>{3, 199}));
}

} // namespace
} // namespace keystead::credential_cache
