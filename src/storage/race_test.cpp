// Many threads at once, on both engines: limits hold, nobody waits for ever, nobody's change is
// lost.
#include "test/support/test_database.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace keystead {
namespace {

constexpr Migration kMigrations[] = {
    {1, "node",
     "CREATE TABLE node (name TEXT COLLATE \"C\" NOT NULL PRIMARY KEY, value BIGINT NOT NULL, "
     "noted_at BIGINT NOT NULL);\n",
     "", "one"},
    {4, "account",
     "CREATE TABLE account (id BYTEA NOT NULL PRIMARY KEY, balance BIGINT NOT NULL);\n"
     "CREATE TABLE item (account_id BYTEA NOT NULL REFERENCES account (id), number BIGINT NOT "
     "NULL);\n",
     "", "four"},
};

class StorageRace : public testing::TestWithParam<Database::Engine> {
protected:
    StorageRace()
    {
        const auto made = database_->write([&](WriteTx& tx) -> Result<void> {
            tx.audit_recorded();
            for (const AccountId& id : {first_, second_}) {
                KS_TRY(const int rows,
                       tx.exec("INSERT INTO account (id, balance) VALUES ($1, 0)", id));
                EXPECT_EQ(rows, 1);
            }
            return {};
        });
        EXPECT_TRUE(made);
    }
    /// Runs `work(index)` on so many threads, which start together.
    template <class Work> static void race(int threads, Work work)
    {
        std::latch start(threads);
        std::vector<std::jthread> running;
        for (int index = 0; index < threads; ++index) {
            running.emplace_back([&, index] {
                start.arrive_and_wait();
                work(index);
            });
        }
    }
    std::int64_t number(std::string_view sql)
    {
        const auto row = database_->read([&](ReadTx& tx) { return tx.query_one(sql); });
        EXPECT_TRUE(row) << row.error().cause;
        return row ? (**row).integer(0) : -1;
    }
    test::TestDatabase database_{GetParam(), kMigrations};
    const AccountId first_{IdBytes{std::byte{1}}};
    const AccountId second_{IdBytes{std::byte{2}}};
};
INSTANTIATE_TEST_SUITE_P(Engines, StorageRace, testing::ValuesIn(test::engines()),
                         test::engine_name);

// guards: a counted limit holds under lock(), whatever races
TEST_P(StorageRace, ACountedLimitHoldsUnderTheLock)
{
    constexpr std::int64_t kItemsMax = 5;
    std::atomic<int> made = 0;
    race(16, [&](int index) {
        const auto outcome = database_->write([&](WriteTx& tx) -> Result<bool> {
            KS_CHECK(tx.lock(first_));
            KS_TRY(const auto count,
                   tx.query_one("SELECT count(*) FROM item WHERE account_id = $1", first_));
            if (count->integer(0) >= kItemsMax) {
                return false;
            }
            tx.audit_recorded();
            KS_TRY(const int rows,
                   tx.exec("INSERT INTO item (account_id, number) VALUES ($1, $2)", first_, index));
            return rows == 1;
        });
        ASSERT_TRUE(outcome) << outcome.error().cause;
        made += *outcome ? 1 : 0;
    });
    EXPECT_EQ(made, kItemsMax);
    EXPECT_EQ(number("SELECT count(*) FROM item"), kItemsMax);
}

// guards: every acknowledged change is there, once
TEST_P(StorageRace, RacingWritersLoseNothing)
{
    constexpr int kThreads = 64;
    constexpr int kRounds = 5;
    std::atomic<int> heard = 0;
    race(kThreads, [&](int index) {
        for (int round = 0; round < kRounds; ++round) {
            const auto outcome = database_->write([&](WriteTx& tx) -> Result<void> {
                tx.audit_recorded();
                tx.after_commit([&heard] { ++heard; });
                KS_TRY(const int rows,
                       tx.exec("INSERT INTO item (account_id, number) VALUES ($1, $2)", first_,
                               index));
                KS_TRY(const int raised,
                       tx.exec("UPDATE account SET balance = balance + 1 WHERE id = $1", first_));
                EXPECT_EQ(rows + raised, 2);
                return {};
            });
            ASSERT_TRUE(outcome) << outcome.error().cause;
        }
    });
    EXPECT_EQ(number("SELECT count(*) FROM item"), kThreads * kRounds);
    EXPECT_EQ(number("SELECT max(balance) FROM account"), kThreads * kRounds);
    EXPECT_EQ(heard, kThreads * kRounds);
}

// guards: one caller's failure is never another's
TEST_P(StorageRace, RacingFailuresTouchNobodyElse)
{
    std::atomic<int> succeeded = 0;
    race(32, [&](int index) {
        const auto outcome = database_->write([&](WriteTx& tx) -> Result<void> {
            tx.audit_recorded();
            KS_TRY(const int rows,
                   tx.exec("INSERT INTO item (account_id, number) VALUES ($1, $2)", first_, index));
            EXPECT_EQ(rows, 1);
            if (index % 2 == 0) {
                return {};
            }
            // Half of them break a constraint.
            KS_TRY(const int again,
                   tx.exec("INSERT INTO account (id, balance) VALUES ($1, 0)", first_));
            EXPECT_EQ(again, 0);
            return {};
        });
        EXPECT_EQ(outcome.has_value(), index % 2 == 0);
        succeeded += outcome ? 1 : 0;
    });
    EXPECT_EQ(succeeded, 16);
    EXPECT_EQ(number("SELECT count(*) FROM item"), 16);
}

// guards: a deadlock between two rows is run again, and nobody sees it (40P01)
TEST_P(StorageRace, RacingLocksInBothOrdersAllSucceed)
{
    race(4, [&](int index) {
        const AccountId& one = index % 2 == 0 ? first_ : second_;
        const AccountId& other = index % 2 == 0 ? second_ : first_;
        for (int round = 0; round < 3; ++round) {
            const auto outcome = database_->write([&](WriteTx& tx) -> Result<void> {
                tx.audit_recorded();
                KS_CHECK(tx.lock(one));
                KS_TRY(const int taken,
                       tx.exec("UPDATE account SET balance = balance - 1 WHERE id = $1", one));
                KS_CHECK(tx.lock(other));
                KS_TRY(const int given,
                       tx.exec("UPDATE account SET balance = balance + 1 WHERE id = $1", other));
                EXPECT_EQ(taken + given, 2);
                return {};
            });
            EXPECT_TRUE(outcome) << outcome.error().cause;
        }
    });
    EXPECT_EQ(number("SELECT CAST(sum(balance) AS BIGINT) FROM account"), 0);
}

TEST_P(StorageRace, RacingReadersSeeWholeTransactions)
{
    std::atomic<bool> done = false;
    std::jthread writer([&] {
        for (int round = 0; round < 50; ++round) {
            const auto outcome = database_->write([&](WriteTx& tx) -> Result<void> {
                tx.audit_recorded();
                KS_TRY(const int taken,
                       tx.exec("UPDATE account SET balance = balance - 1 WHERE id = $1", first_));
                KS_TRY(const int given,
                       tx.exec("UPDATE account SET balance = balance + 1 WHERE id = $1", second_));
                EXPECT_EQ(taken + given, 2);
                return {};
            });
            EXPECT_TRUE(outcome);
        }
        done = true;
    });
    race(8, [&](int) {
        while (!done) {
            EXPECT_EQ(number("SELECT CAST(sum(balance) AS BIGINT) FROM account"), 0);
        }
    });
}

} // namespace
} // namespace keystead
