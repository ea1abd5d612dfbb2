// What holds for PostgreSQL alone: lost connections and the node's lock.
#include "storage/open.h"
#include "test/support/fake_clock.h"
#include "test/support/test_database.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

namespace keystead {
namespace {

constexpr Migration kMigrations[] = {
    {1, "node",
     "CREATE TABLE node (name TEXT COLLATE \"C\" NOT NULL PRIMARY KEY, value BIGINT NOT NULL, "
     "noted_at BIGINT NOT NULL);\n"
     "CREATE TABLE item (number BIGINT NOT NULL);\n",
     "", "one"},
};

class PostgresDatabase : public testing::Test {
protected:
    void SetUp() override
    {
        if (test::engines().size() < 2) {
            GTEST_SKIP() << "KEYSTEAD_TEST_POSTGRES names no server";
        }
        schema_ = std::make_unique<test::TestDatabase>(Database::Engine::Postgres, kMigrations);
        schema_->close();
        administrator_ =
            std::make_unique<test::TestDatabase>(Database::Engine::Postgres, kMigrations);
        node_ = open();
    }
    std::unique_ptr<Database> open()
    {
        auto opened =
            open_postgres({.connection = schema_->connection() + " application_name=" + name_,
                           .migrations = kMigrations,
                           .clock = clock_});
        EXPECT_TRUE(opened) << opened.error().detail << opened.error().cause;
        return opened ? *std::move(opened) : nullptr;
    }
    /// Ends the server's side of this node's connections: all, or those in a transaction, or the
    /// others.
    void cut(std::string_view which = "true")
    {
        const auto cut_off = (*administrator_)->read([&](ReadTx& tx) {
            return tx.query("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE "
                            "application_name = $1 AND " +
                                std::string(which),
                            name_);
        });
        ASSERT_TRUE(cut_off) << cut_off.error().cause;
        EXPECT_FALSE(cut_off->empty());
    }
    std::int64_t count_items()
    {
        const auto row =
            node_->read([](ReadTx& tx) { return tx.query_one("SELECT count(*) FROM item"); });
        EXPECT_TRUE(row) << row.error().cause;
        return row ? (**row).integer(0) : -1;
    }
    Result<void> add_item()
    {
        return node_->write([](WriteTx& tx) -> Result<void> {
            tx.audit_recorded();
            KS_TRY(const int rows, tx.exec("INSERT INTO item (number) VALUES (1)"));
            EXPECT_EQ(rows, 1);
            return {};
        });
    }
    const std::string name_ = "cut-me";
    test::FakeClock clock_;
    std::unique_ptr<test::TestDatabase> schema_;
    std::unique_ptr<test::TestDatabase> administrator_;
    std::unique_ptr<Database> node_;
};

// guards: a connection lost before COMMIT was sent costs nobody anything, and nothing happens twice
TEST_F(PostgresDatabase, RunsAgainWhenTheConnectionIsLostBeforeCommit)
{
    int runs = 0;
    const auto outcome = node_->write([&](WriteTx& tx) -> Result<void> {
        tx.audit_recorded();
        KS_TRY(const int rows, tx.exec("INSERT INTO item (number) VALUES (1)"));
        EXPECT_EQ(rows, 1);
        if (++runs == 1) {
            std::jthread([&] { cut("state = 'idle in transaction'"); }).join();
        }
        KS_TRY(const auto found, tx.query("SELECT number FROM item"));
        EXPECT_EQ(found.size(), 1U);
        return {};
    });
    EXPECT_TRUE(outcome) << outcome.error().cause;
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(count_items(), 1);
}

TEST_F(PostgresDatabase, GoesOnAfterTheServerCutEveryConnection)
{
    ASSERT_TRUE(add_item());
    cut();
    EXPECT_TRUE(add_item());
    EXPECT_TRUE(node_->health());
    EXPECT_EQ(count_items(), 2);
}

// guards: a COMMIT whose outcome nobody knows is not run again
TEST_F(PostgresDatabase, AnswersUnavailableWhenTheConnectionIsLostAtCommit)
{
    int runs = 0;
    const auto outcome = node_->write([&](WriteTx& tx) -> Result<void> {
        ++runs;
        tx.audit_recorded();
        KS_TRY(const int rows, tx.exec("INSERT INTO item (number) VALUES (1)"));
        EXPECT_EQ(rows, 1);
        std::jthread([&] { cut("state = 'idle in transaction'"); }).join();
        return {};
    });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, "storage/unavailable");
    EXPECT_EQ(runs, 1);
}

// guards: a node that was cut off while another served never serves again: its caches may hold what
// was revoked
TEST_F(PostgresDatabase, NeverServesAgainOnceAnotherNodeHasServed)
{
    cut();
    {
        auto second = open_postgres(
            {.connection = schema_->connection(), .migrations = kMigrations, .clock = clock_});
        ASSERT_TRUE(second) << second.error().detail;
        const auto lost = node_->health();
        ASSERT_FALSE(lost);
        EXPECT_EQ(lost.error().code, "storage/lock-lost");
        const auto refused = add_item();
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, "storage/lock-lost");
    }
    EXPECT_FALSE(node_->health());
    EXPECT_FALSE(add_item());
}

// guards: nor when a back-up brought back the rows of an earlier term meanwhile
TEST_F(PostgresDatabase, NeverTakesATermThatWasBroughtBackForItsOwn)
{
    const auto own = node_->read(
        [](ReadTx& tx) { return tx.query_one("SELECT value FROM node WHERE name = 'term'"); });
    ASSERT_TRUE(own && *own);
    cut();
    const auto serve_as_another = [&](bool brings_back) {
        auto second = open_postgres(
            {.connection = schema_->connection(), .migrations = kMigrations, .clock = clock_});
        ASSERT_TRUE(second) << second.error().detail;
        if (brings_back) { // What a count would make this node's own term of at the next start.
            ASSERT_TRUE((*second)->write([&](WriteTx& tx) -> Result<int> {
                tx.audit_recorded();
                return tx.exec("UPDATE node SET value = $1 - 1 WHERE name = 'term'",
                               (**own).integer(0));
            }));
        }
    };
    serve_as_another(true);
    serve_as_another(false);
    EXPECT_FALSE(node_->health());
}

// guards: a node that is cut off answers nothing from memory, neither before nor after it notices
TEST_F(PostgresDatabase, TrustsMemoryOnlyWhileItSeesItsLock)
{
    using namespace std::chrono_literals;
    EXPECT_TRUE(node_->may_answer_from_memory());
    clock_.advance(4s);
    EXPECT_TRUE(node_->may_answer_from_memory());
    cut();
    clock_.advance(2s);
    EXPECT_FALSE(node_->may_answer_from_memory()) << "nobody has asked, so nobody knows";
    EXPECT_TRUE(node_->health()) << "the lock is taken again";
    EXPECT_TRUE(node_->may_answer_from_memory());
    cut();
    auto second = open_postgres(
        {.connection = schema_->connection(), .migrations = kMigrations, .clock = clock_});
    ASSERT_TRUE(second) << second.error().detail;
    EXPECT_FALSE(node_->health());
    EXPECT_FALSE(node_->may_answer_from_memory());
}

TEST_F(PostgresDatabase, RefusesATypeOutsideTheCommonSubset)
{
    ASSERT_TRUE(add_item());
    const auto sum =
        node_->read([](ReadTx& tx) { return tx.query("SELECT sum(number) FROM item"); });
    ASSERT_FALSE(sum);
    EXPECT_EQ(sum.error().code, "storage/internal");
    const auto cast = node_->read(
        [](ReadTx& tx) { return tx.query_one("SELECT CAST(sum(number) AS BIGINT) FROM item"); });
    ASSERT_TRUE(cast);
    EXPECT_EQ((**cast).integer(0), 1);
}

} // namespace
} // namespace keystead
