#include "features/credential_cache/credential_table.h"

#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

#include <map>

namespace keystead::credential_cache {
namespace {

using Table = CredentialTable<int>;

class CredentialTableTest : public testing::Test {
protected:
    Digest token() { return random_bytes<32>(random_); }
    std::size_t dice() { return std::to_integer<std::size_t>(random_bytes<1>(random_)[0]); }
    test::SeededRandom random_;
};

// guards: the table is a map: what was put is found, what was erased is not, whatever came between
TEST_F(CredentialTableTest, HoldsWhatAMapWouldHold)
{
    Table table;
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
        if (const auto place = table.find(key)) {
            EXPECT_EQ(table.value(*place), model.at(key));
            table.erase(*place);
            model.erase(key);
        } else if (dice() < 160) {
            table.insert(key, step);
            model[key] = step;
        }
    }
    ASSERT_EQ(table.size(), model.size());
    for (const auto& key : tokens) {
        const auto place = table.find(key);
        ASSERT_EQ(place.has_value(), model.contains(key));
        if (place) {
            EXPECT_EQ(table.value(*place), model[key]);
        }
    }
}

// guards: what was looked at since the hand passed is spared
TEST_F(CredentialTableTest, EvictsWhatWasNotUsed)
{
    Table table;
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
        if (const auto place = table.find(tokens[i])) {
            table.mark_referenced(*place);
        }
    }
    for (int i = 0; i < 49; ++i) {
        const auto victim = table.choose_victim();
        ASSERT_TRUE(victim);
        EXPECT_GE(table.value(*victim), 50);
        table.erase(*victim);
    }
}

// guards: a place that is dirty is given once, and not after its value went
TEST_F(CredentialTableTest, GivesDirtyPlacesOnce)
{
    Table table;
    std::vector<Table::Place> places;
    for (int i = 0; i < 200; ++i) {
        const auto key = token();
        table.insert(key, i);
        places.push_back(*table.find(key));
    }
    table.mark_dirty(places[3]);
    table.mark_dirty(places[150]);
    table.mark_dirty(places[199]);
    table.erase(places[150]);
    EXPECT_EQ(table.take_dirty(0), std::min(places[3], places[199]));
    EXPECT_EQ(table.take_dirty(0), std::max(places[3], places[199]));
    EXPECT_FALSE(table.take_dirty(0));
}

} // namespace
} // namespace keystead::credential_cache
