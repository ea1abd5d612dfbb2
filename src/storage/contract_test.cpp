#include "test/support/failing_database.h"
#include "test/support/test_database.h"

#include <gtest/gtest.h>

namespace keystead {
namespace {

constexpr Migration kMigrations[] = {
    {1, "first",
     "CREATE TABLE account (id BYTEA NOT NULL PRIMARY KEY, name TEXT COLLATE \"C\" NOT NULL UNIQUE);\n"
     "CREATE TABLE node (name TEXT COLLATE \"C\" NOT NULL PRIMARY KEY, value BIGINT NOT NULL);\n",
     "", "a"},
};

class Contract : public testing::TestWithParam<Database::Engine> {
protected:
    test::TestDatabase database_{GetParam(), kMigrations};
};
INSTANTIATE_TEST_SUITE_P(Engines, Contract, testing::ValuesIn(test::engines()), test::engine_name);

TEST_P(Contract, BindsParametersByNumber)
{
    const auto sum = database_->read([](ReadTx& tx) -> Result<std::int64_t> {
        KS_TRY(const auto row, tx.query_one("SELECT $2 - $1", 1, 10));
        return row->integer(0);
    });
    ASSERT_TRUE(sum) << sum.error().cause;
    EXPECT_EQ(*sum, 9);
}

} // namespace
} // namespace keystead
