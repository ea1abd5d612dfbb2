#include "storage/statement.h"

#include <gtest/gtest.h>

namespace keystead::storage {
namespace {

using enum StatementKind;

TEST(Statement, TellsWhatItDoesAndToWhichTable)
{
    EXPECT_EQ(summarize("SELECT 1").kind, Select);
    EXPECT_EQ(summarize("\n    select * FROM t").kind, Select);
    EXPECT_EQ(summarize("WITH a AS (SELECT 1) SELECT * FROM a").kind, Select);
    EXPECT_EQ(summarize("INSERT INTO outbox (id) VALUES ($1)").kind, Insert);
    EXPECT_EQ(summarize("INSERT INTO outbox(id) VALUES ($1)").table, "outbox");
    EXPECT_EQ(summarize("update  outbox SET a = 1").table, "outbox");
    EXPECT_EQ(summarize("DELETE FROM\n outbox").table, "outbox");
}

// guards: what passes for harmless changes nothing
TEST(Statement, CallsWhateverItDoesNotKnowOther)
{
    for (const auto* sql :
         {"", " ", "COMMIT", "-- x\nSELECT 1", "/* */ SELECT 1", "(SELECT 1)", "DROP TABLE t",
          "SELECTED", "INSERT OR REPLACE INTO t VALUES (1)", "DELETE t", "TRUNCATE t", "CALL f()",
          "DO $$ $$", "WITH a AS (DELETE FROM t RETURNING id) SELECT * FROM a",
          "with a as (insert into t values (1) returning id) select * from a"}) {
        EXPECT_EQ(summarize(sql).kind, Other) << sql;
    }
}

TEST(Statement, NamesASchemaQualifiedTableByItsSchema)
{
    // "public" is no upkeep table: such a statement is refused there.
    EXPECT_EQ(summarize("UPDATE public.outbox SET a = 1").table, "public");
    EXPECT_EQ(summarize("UPDATE ONLY outbox SET a = 1").table, "ONLY");
}

} // namespace
} // namespace keystead::storage
