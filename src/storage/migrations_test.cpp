#include "storage/embedded_migrations.h"
#include "storage/migrations.h"
#include "storage/upkeep_tables.h"
#include "test/support/fake_clock.h"
#include "test/support/test_database.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace keystead::storage {
namespace {

/// Remembers in memory; may be told to die at one number.
class FakeTarget final : public MigrationTarget {
public:
    Result<std::vector<AppliedMigration>> list_applied() override { return applied; }
    Result<void> apply(const Migration& migration, Instant) override
    {
        if (migration.number == dies_at) {
            return Error{
                .kind = ErrorKind::Unavailable, .code = "storage/unavailable", .cause = "killed"};
        }
        applied.push_back(
            {migration.number, std::string(migration.name), std::string(migration.checksum)});
        return {};
    }
    std::vector<AppliedMigration> applied;
    int dies_at = 0;
};

constexpr Migration kThree[] = {
    {1, "a", "", "", "x"}, {3, "b", "", "", "y"}, {7, "c", "", "", "z"}};

// guards: a node killed in the middle of migrating goes on at its next start
TEST(Migrations, GoOnWhereTheyStopped)
{
    FakeTarget target;
    const test::FakeClock clock;
    target.dies_at = 3;
    const auto killed = migrate(target, kThree, SchemaPolicy::Migrate, clock);
    ASSERT_FALSE(killed);
    EXPECT_EQ(killed.error().cause, "migration 0003_b: killed");
    EXPECT_EQ(target.applied.size(), 1U);
    target.dies_at = 0;
    EXPECT_TRUE(migrate(target, kThree, SchemaPolicy::Migrate, clock));
    EXPECT_EQ(target.applied.size(), 3U);
    EXPECT_TRUE(migrate(target, kThree, SchemaPolicy::MustBeCurrent, clock));
}

TEST(Migrations, RefuseANumberThatIsNotKnownEvenBelowTheNewest)
{
    FakeTarget target;
    target.applied = {{2, "other", "x"}};
    const auto refused = migrate(target, kThree, SchemaPolicy::Migrate, test::FakeClock{});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "storage/schema-too-new");
    EXPECT_EQ(target.applied.size(), 1U);
}

TEST(Migrations, OfThisBuildAreSortedAndDistinct)
{
    const auto all = embedded_migrations();
    ASSERT_FALSE(all.empty());
    std::set<int> numbers;
    for (const Migration& migration : all) {
        EXPECT_TRUE(numbers.insert(migration.number).second);
        EXPECT_EQ(migration.checksum.size(), 64U);
        EXPECT_EQ(*numbers.rbegin(), migration.number);
    }
    EXPECT_EQ(all.front().name, "node");
}

class EveryMigration : public testing::TestWithParam<Database::Engine> {};
INSTANTIATE_TEST_SUITE_P(Engines, EveryMigration, testing::ValuesIn(test::engines()),
                         test::engine_name);

// guards: every migration of this build runs on both engines, once
TEST_P(EveryMigration, OfThisBuildApplies)
{
    test::TestDatabase database(GetParam());
    database.reopen();
    const auto applied = database->read(
        [](ReadTx& tx) { return tx.query_one("SELECT count(*) FROM schema_migration"); });
    ASSERT_TRUE(applied);
    EXPECT_EQ((**applied).integer(0), static_cast<std::int64_t>(embedded_migrations().size()));
}

TEST(UpkeepTables, HoldTheListAndNothingElse)
{
    EXPECT_TRUE(is_upkeep_table("node"));
    EXPECT_TRUE(is_upkeep_table("outbox"));
    for (const auto* table :
         {"", "account", "session", "Node", "node ", "schema_migration", "# Tables"}) {
        EXPECT_FALSE(is_upkeep_table(table)) << table;
    }
}

} // namespace
} // namespace keystead::storage
