// What features may rely on, whichever engine is behind Database. Races are in race_test.cpp.
#include "storage/statistics.h"
#include "test/support/failing_database.h"
#include "test/support/test_database.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace keystead {
namespace {

constexpr Migration kMigrations[] = {
    {1, "node",
     "CREATE TABLE node (name TEXT COLLATE \"C\" NOT NULL PRIMARY KEY, value BIGINT NOT NULL, "
     "noted_at BIGINT NOT NULL);\n",
     "", "one"},
    {4, "account",
     "CREATE TABLE account (id BYTEA NOT NULL PRIMARY KEY, name TEXT COLLATE \"C\" NOT NULL "
     "UNIQUE, note TEXT, age BIGINT);\n"
     "CREATE TABLE item (account_id BYTEA NOT NULL REFERENCES account (id), number BIGINT NOT "
     "NULL);\n",
     "", "four"},
};

Bytes blob(std::string_view text)
{
    return to_bytes(as_bytes(text));
}

class Contract : public testing::TestWithParam<Database::Engine> {
protected:
    Result<void> add(std::string_view name, Database& database)
    {
        return database.write([&](WriteTx& tx) -> Result<void> {
            tx.audit_recorded();
            KS_TRY(const int rows,
                   tx.exec("INSERT INTO account (id, name) VALUES ($2, $1)", name, blob(name)));
            EXPECT_EQ(rows, 1);
            return {};
        });
    }
    Result<void> add(std::string_view name) { return add(name, *database_); }
    std::int64_t count(std::string_view sql = "SELECT count(*) FROM account")
    {
        const auto counted = database_->read([&](ReadTx& tx) -> Result<std::int64_t> {
            KS_TRY(const auto row, tx.query_one(sql));
            return row->integer(0);
        });
        EXPECT_TRUE(counted) << counted.error().cause;
        return counted ? *counted : -1;
    }
    test::TestDatabase database_{GetParam(), kMigrations};
};
INSTANTIATE_TEST_SUITE_P(Engines, Contract, testing::ValuesIn(test::engines()), test::engine_name);

// guards: a parameter is what its number says, not what its place says
TEST_P(Contract, BindsParametersByNumber)
{
    const auto row = database_->read([](ReadTx& tx) {
        return tx.query_one("SELECT $2 - $1, $3, $2 - $2 FROM (SELECT 1) AS one", 1, 10, "three");
    });
    ASSERT_TRUE(row) << row.error().cause;
    EXPECT_EQ((**row).integer(0), 9);
    EXPECT_EQ((**row).text(1), "three");
    EXPECT_EQ((**row).integer(2), 0);
}

// guards: what is stored comes back: nothing, empty, extremes, any byte, any script
TEST_P(Contract, KeepsEveryValue)
{
    Bytes all;
    for (int byte = 0; byte < 256; ++byte) {
        all.push_back(static_cast<std::byte>(byte));
    }
    constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    const auto rows = database_->write([&](WriteTx& tx) -> Result<Rows> {
        tx.audit_recorded();
        constexpr std::string_view kInsert =
            "INSERT INTO account (id, name, note, age) VALUES ($1, $2, $3, $4)";
        KS_TRY(const int first,
               tx.exec(kInsert, all, "1 zażółć 日本語 🔑 \" ' \\ $1", std::nullopt, kLeast));
        KS_TRY(const int second, tx.exec(kInsert, Bytes{}, "", std::string_view{}, kMost));
        KS_TRY(const int third, tx.exec(kInsert, blob("x"), "3", std::optional<std::string>{},
                                        std::optional<int>{}));
        EXPECT_EQ(first + second + third, 3);
        return tx.query("SELECT id, name, note, age FROM account ORDER BY name");
    });
    ASSERT_TRUE(rows) << rows.error().cause;
    ASSERT_EQ(rows->size(), 3U);
    const Row& empty = rows->at(0);
    EXPECT_TRUE(empty.bytes(0).empty());
    EXPECT_EQ(empty.text(1), "");
    EXPECT_EQ(empty.optional_text(2), "");
    EXPECT_EQ(empty.integer(3), kMost);
    const Row& full = rows->at(1);
    EXPECT_EQ(full.bytes(0), all);
    EXPECT_EQ(full.text(1), "1 zażółć 日本語 🔑 \" ' \\ $1");
    EXPECT_TRUE(full.is_null(2));
    EXPECT_EQ(full.integer(3), kLeast);
    EXPECT_EQ(rows->at(2).optional_integer(3), std::nullopt);
}

// guards: text is ordered and compared by bytes, so that what is unique here is unique there
TEST_P(Contract, OrdersTextByBytes)
{
    for (const std::string_view name : {"b", "a", "B", "ab", "ä", "Z"}) {
        ASSERT_TRUE(add(name));
    }
    const auto rows = database_->read(
        [](ReadTx& tx) { return tx.query("SELECT name FROM account ORDER BY name"); });
    ASSERT_TRUE(rows);
    std::string order;
    for (const Row& row : *rows) {
        order += row.text(0) + " ";
    }
    EXPECT_EQ(order, "B Z a ab b ä ");
}

TEST_P(Contract, AnswersReturningAndOnConflict)
{
    const auto row = database_->write([&](WriteTx& tx) -> Result<std::optional<Row>> {
        tx.audit_recorded();
        constexpr std::string_view kUpsert =
            "INSERT INTO account (id, name, age) VALUES ($1, $2, 1) "
            "ON CONFLICT (id) DO UPDATE SET age = account.age + 1 RETURNING age";
        KS_TRY(const auto first, tx.query_one(kUpsert, blob("x"), "x"));
        EXPECT_EQ(first->integer(0), 1);
        KS_TRY(const int none,
               tx.exec("INSERT INTO account (id, name) VALUES ($1, 'x') ON CONFLICT DO NOTHING",
                       blob("x")));
        EXPECT_EQ(none, 0);
        return tx.query_one(kUpsert, blob("x"), "x");
    });
    ASSERT_TRUE(row) << row.error().cause;
    EXPECT_EQ((**row).integer(0), 2);
}

TEST_P(Contract, CountsTheRowsThatAStatementChanged)
{
    ASSERT_TRUE(add("a"));
    ASSERT_TRUE(add("b"));
    const auto changed = database_->write([](WriteTx& tx) -> Result<int> {
        tx.audit_recorded();
        KS_TRY(const int selected, tx.exec("SELECT * FROM account"));
        EXPECT_EQ(selected, 0);
        KS_TRY(const int missed, tx.exec("UPDATE account SET age = 1 WHERE name = 'c'"));
        EXPECT_EQ(missed, 0);
        return tx.exec("UPDATE account SET age = 1");
    });
    ASSERT_TRUE(changed) << changed.error().cause;
    EXPECT_EQ(*changed, 2);
}

// guards: a conflict is told from a failure, and rolls back what came before it
TEST_P(Contract, AnswersConflictWhenAConstraintRefuses)
{
    ASSERT_TRUE(add("taken"));
    const auto outcome = database_->write([&](WriteTx& tx) -> Result<void> {
        tx.audit_recorded();
        KS_TRY(const int first,
               tx.exec("INSERT INTO account (id, name) VALUES ($1, 'free')", blob("free")));
        EXPECT_EQ(first, 1);
        KS_TRY(const int second,
               tx.exec("INSERT INTO account (id, name) VALUES ($1, 'taken')", blob("other")));
        EXPECT_EQ(second, 0);
        return {};
    });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, ErrorKind::Conflict);
    EXPECT_EQ(outcome.error().code, "storage/conflict");
    EXPECT_EQ(count(), 1);

    const auto orphan = database_->write([&](WriteTx& tx) {
        tx.audit_recorded();
        return tx.exec("INSERT INTO item (account_id, number) VALUES ($1, 1)", blob("nobody"));
    });
    ASSERT_FALSE(orphan);
    EXPECT_EQ(orphan.error().code, "storage/conflict");
}

// guards: a failed statement cannot be ignored: half of a change never commits
TEST_P(Contract, AFailedStatementDoomsItsTransaction)
{
    ASSERT_TRUE(add("taken"));
    const auto outcome = database_->write([&](WriteTx& tx) -> Result<void> {
        tx.audit_recorded();
        EXPECT_TRUE(tx.exec("INSERT INTO account (id, name) VALUES ($1, 'free')", blob("free")));
        EXPECT_FALSE(tx.exec("INSERT INTO account (id, name) VALUES ($1, 'taken')", blob("other")));
        EXPECT_FALSE(tx.exec("INSERT INTO account (id, name) VALUES ($1, 'later')", blob("later")));
        return {};
    });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, "storage/conflict");
    EXPECT_EQ(count(), 1);
}

TEST_P(Contract, AnErrorRollsBack)
{
    const auto outcome = database_->write([&](WriteTx& tx) -> Result<void> {
        tx.audit_recorded();
        EXPECT_TRUE(tx.exec("INSERT INTO account (id, name) VALUES ($1, 'x')", blob("x")));
        return Error{.kind = ErrorKind::Forbidden, .code = "test/refused"};
    });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, "test/refused");
    EXPECT_EQ(count(), 0);
}

// guards: no change without its audit record
TEST_P(Contract, RefusesAChangeWithoutAnAuditRecord)
{
    bool acted = false;
    const auto outcome = database_->write([&](WriteTx& tx) {
        tx.after_commit([&] { acted = true; });
        return tx.exec("INSERT INTO account (id, name) VALUES ($1, 'x')", blob("x"));
    });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, "storage/internal");
    EXPECT_NE(outcome.error().cause.find("audit rule"), std::string::npos);
    EXPECT_EQ(count(), 0);
    EXPECT_FALSE(acted);
}

TEST_P(Contract, AWriteThatChangesNothingNeedsNoRecord)
{
    const auto outcome = database_->write(
        [](WriteTx& tx) { return tx.exec("UPDATE account SET age = 1 WHERE name = 'nobody'"); });
    EXPECT_TRUE(outcome) << outcome.error().cause;
}

// guards: upkeep cannot touch what grants access
TEST_P(Contract, UpkeepChangesUpkeepTablesOnly)
{
    const auto allowed = database_->upkeep([](UpkeepTx& tx) {
        return tx.exec("INSERT INTO node (name, value, noted_at) VALUES ('swept', 1, 2)");
    });
    EXPECT_TRUE(allowed) << allowed.error().cause;
    EXPECT_EQ(count("SELECT count(*) FROM node WHERE name = 'swept'"), 1);
    ASSERT_TRUE(add("x"));
    for (const std::string_view sql :
         {"INSERT INTO account (id, name) VALUES ($1, 'y')",
          "UPDATE account SET age = 3 WHERE id = $1", "DELETE FROM account WHERE id = $1",
          "  delete from account WHERE id = $1",
          "WITH gone AS (SELECT $1 AS id) DELETE FROM account WHERE id IN (SELECT id FROM gone)"}) {
        const auto refused =
            database_->upkeep([&](UpkeepTx& tx) { return tx.exec(sql, blob("x")); });
        ASSERT_FALSE(refused) << sql;
        EXPECT_EQ(refused.error().code, "storage/internal") << sql;
    }
    EXPECT_EQ(count("SELECT count(*) FROM account WHERE age IS NULL"), 1);
}

// guards: a feature cannot end, or look around, the transaction that it is given
TEST_P(Contract, RefusesWhateverIsNoPlainStatement)
{
    for (const std::string_view sql :
         {"COMMIT", "ROLLBACK", "SAVEPOINT s", "CREATE TABLE t (a BIGINT)", "DROP TABLE account",
          "PRAGMA synchronous=OFF", "SET synchronous_commit = off", "SELECT 1; SELECT 2",
          "ATTACH DATABASE ':memory:' AS other", ""}) {
        const auto refused = database_->write([&](WriteTx& tx) {
            tx.audit_recorded();
            return tx.exec(sql);
        });
        ASSERT_FALSE(refused) << sql;
        EXPECT_EQ(refused.error().code, "storage/internal") << sql;
    }
    EXPECT_EQ(count(), 0);
}

TEST_P(Contract, AReadTransactionChangesNothing)
{
    const auto outcome =
        database_->read([](ReadTx& tx) { return tx.query("DELETE FROM account RETURNING id"); });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, "storage/internal");
}

TEST_P(Contract, RefusesAWrongCountOfParameters)
{
    const auto few = database_->read([](ReadTx& tx) { return tx.query("SELECT $1 + $2", 1); });
    ASSERT_FALSE(few);
    EXPECT_EQ(few.error().code, "storage/internal");
    const auto many =
        database_->read([](ReadTx& tx) { return tx.query("SELECT $1 + 1", 1, 2, 3); });
    EXPECT_TRUE(!many || GetParam() == Database::Engine::Postgres);
}

TEST_P(Contract, RefusesTextWithANul)
{
    const auto refused = database_->read(
        [](ReadTx& tx) { return tx.query("SELECT $1", std::string_view("a\0b", 3)); });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "storage/internal");
}

// guards: caches hear of a change once it is durable and before its caller does, and never of one
// that is not
TEST_P(Contract, RunsAfterCommitActionsOnlyAfterACommit)
{
    std::string heard;
    const auto write = [&](std::string name, bool succeeds) {
        return database_->write([&](WriteTx& tx) -> Result<void> {
            tx.audit_recorded();
            tx.after_commit([&heard, name] { heard += name; });
            tx.after_commit([&heard] { heard += ","; });
            KS_TRY(const int rows,
                   tx.exec("INSERT INTO account (id, name) VALUES ($1, $2)", blob(name), name));
            EXPECT_EQ(rows, 1);
            return succeeds ? Result<void>{}
                            : Error{.kind = ErrorKind::Forbidden, .code = "test/refused"};
        });
    };
    EXPECT_TRUE(write("a", true));
    EXPECT_EQ(heard, "a,");
    EXPECT_FALSE(write("b", false));
    EXPECT_FALSE(write("a", true));
    EXPECT_EQ(heard, "a,");
}

// guards: one read sees one state, whatever is written meanwhile
TEST_P(Contract, AReadSeesOneSnapshot)
{
    ASSERT_TRUE(add("before"));
    const auto counts =
        database_->read([&](ReadTx& tx) -> Result<std::pair<std::int64_t, std::int64_t>> {
            KS_TRY(const auto first, tx.query_one("SELECT count(*) FROM account"));
            std::jthread([&] { EXPECT_TRUE(add("meanwhile")); }).join();
            KS_TRY(const auto second, tx.query_one("SELECT count(*) FROM account"));
            return std::pair{first->integer(0), second->integer(0)};
        });
    ASSERT_TRUE(counts);
    EXPECT_EQ(counts->first, 1);
    EXPECT_EQ(counts->second, 1);
    EXPECT_EQ(count(), 2);
}

TEST_P(Contract, HandsOnRowsOneByOne)
{
    ASSERT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
        tx.audit_recorded();
        KS_TRY(
            [[maybe_unused]] int rows,
            tx.exec("INSERT INTO account (id, name, note, age) VALUES ($1, 'a', 'long enough to be "
                    "kept on the heap', 7)",
                    blob("1")));
        KS_TRY(rows, tx.exec("INSERT INTO account (id, name) VALUES ($1, 'b')", blob("2")));
        KS_TRY(rows, tx.exec("INSERT INTO account (id, name, note, age) VALUES ($1, 'c', '', 9)",
                             blob("three")));
        return {};
    }));
    constexpr auto kSelect = "SELECT id, note, age FROM account WHERE name >= $1 ORDER BY name";
    std::vector<std::string> seen;
    const auto note = [&](const RowView& row) -> Result<void> {
        seen.push_back(std::string(as_text(row.bytes(0))) + "/" +
                       (row.is_null(1) ? "NULL" : std::string(row.text(1))) + "/" +
                       std::to_string(row.is_null(2) ? -1 : row.integer(2)));
        return {};
    };
    const auto stop_at_once = [](const RowView&) -> Result<void> {
        return Error{.code = "test/enough"};
    };
    const auto walked = database_->read([&](ReadTx& tx) -> Result<void> {
        const auto stopped = tx.for_each(kSelect, stop_at_once, "a");
        EXPECT_FALSE(stopped);
        EXPECT_EQ(stopped.error().code, "test/enough");
        // It dooms nothing, and the statement begins at its first row again.
        KS_CHECK(tx.for_each(kSelect, note, "a"));
        return tx.for_each(kSelect, note, "c");
    });
    ASSERT_TRUE(walked) << walked.error().cause;
    EXPECT_EQ(seen, (std::vector<std::string>{"1/long enough to be kept on the heap/7", "2/NULL/-1",
                                              "three//9", "three//9"}));
    const auto failed = database_->read([&](ReadTx& tx) -> Result<void> {
        EXPECT_FALSE(tx.for_each("SELECT nothing FROM account", note));
        return tx.for_each(kSelect, note, "a");
    });
    EXPECT_FALSE(failed) << "a failed walk dooms its transaction";
}

TEST_P(Contract, LockingAnUnknownAccountIsNoError)
{
    const auto outcome = database_->write([](WriteTx& tx) { return tx.lock(AccountId{}); });
    EXPECT_TRUE(outcome) << outcome.error().cause;
}

TEST_P(Contract, CountsStatements)
{
    const std::uint64_t before = statement_count();
    ASSERT_TRUE(add("x"));
    EXPECT_EQ(statement_count() - before, 1U);
    count();
    EXPECT_EQ(statement_count() - before, 2U);
}

TEST_P(Contract, KeepsWhatWasCommittedWhenReopened)
{
    ASSERT_TRUE(add("x"));
    database_.reopen();
    EXPECT_EQ(count(), 1);
}

// guards: one database serves one node
TEST_P(Contract, RefusesASecondNodeAndSaysWhy)
{
    const auto second = database_.try_open(kMigrations);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, "storage/locked");
    EXPECT_NE(second.error().detail.find("Another node"), std::string::npos);
    EXPECT_TRUE(database_->health());
    database_.close();
    EXPECT_TRUE(database_.try_open(kMigrations));
}

// guards: an older version does not work on a newer one's data
TEST_P(Contract, RefusesANewerSchema)
{
    database_.close();
    const auto older = database_.try_open(std::span(kMigrations).first(1));
    ASSERT_FALSE(older);
    EXPECT_EQ(older.error().code, "storage/schema-too-new");
    EXPECT_NE(older.error().detail.find("0004_account"), std::string::npos);

    Migration changed[] = {kMigrations[0], kMigrations[1]};
    changed[1].checksum = "other";
    const auto edited = database_.try_open(changed);
    ASSERT_FALSE(edited);
    EXPECT_EQ(edited.error().code, "storage/schema-changed");
}

// guards: a migration that fails leaves nothing behind, and is tried again at the next start
TEST_P(Contract, AppliesEachMigrationWhollyOrNotAtAll)
{
    ASSERT_TRUE(add("x"));
    database_.close();
    Migration next[] = {
        kMigrations[0],
        kMigrations[1],
        {7, "half",
         "CREATE TABLE half (a BIGINT);\nUPDATE account SET age = 9;\nCREATE NONSENSE;\n", "",
         "h"}};
    const auto broken = database_.try_open(next);
    ASSERT_FALSE(broken);
    EXPECT_NE(broken.error().cause.find("0007_half"), std::string::npos);

    const auto behind = database_.try_open(next, SchemaPolicy::MustBeCurrent);
    ASSERT_FALSE(behind);
    EXPECT_EQ(behind.error().code, "storage/schema-behind");

    next[2].sql = "CREATE TABLE half (a BIGINT);\nUPDATE account SET age = 5 WHERE age IS NULL;\n";
    const auto mended = database_.try_open(next);
    ASSERT_TRUE(mended) << mended.error().cause;
    const auto age =
        (*mended)->read([](ReadTx& tx) { return tx.query_one("SELECT age FROM account"); });
    ASSERT_TRUE(age);
    EXPECT_EQ((**age).integer(0), 5);
}

// guards: whichever call fails, all or nothing has happened
// ASVS: V2.3.3
TEST_P(Contract, AFailureAtAnyCallLeavesNothing)
{
    test::FailingDatabase failing(*database_);
    for (int n = 1;; ++n) {
        failing.fail_at(n);
        const auto outcome = failing.write([&](WriteTx& tx) -> Result<void> {
            tx.audit_recorded();
            KS_CHECK(tx.lock(AccountId{}));
            KS_TRY(const int rows,
                   tx.exec("INSERT INTO account (id, name) VALUES ($1, 'x')", blob("x")));
            KS_TRY(const auto found, tx.query("SELECT id FROM account"));
            EXPECT_EQ(found.size(), static_cast<std::size_t>(rows));
            return {};
        });
        EXPECT_EQ(outcome.has_value(), !failing.has_failed());
        if (!failing.has_failed()) {
            EXPECT_EQ(n, 5); // lock, insert, select, commit: four calls that can fail
            break;
        }
        EXPECT_EQ(count(), 0);
    }
    EXPECT_EQ(count(), 1);
}

using ContractDeathTest = Contract;
INSTANTIATE_TEST_SUITE_P(Engines, ContractDeathTest, testing::ValuesIn(test::engines()),
                         test::engine_name);

// guards: hashing, mail and a second transaction never happen inside one
TEST_P(ContractDeathTest, ATransactionInsideATransactionEndsTheProcess)
{
    testing::GTEST_FLAG(death_test_style) = "threadsafe";
    EXPECT_DEATH(
        {
            const auto outcome = database_->read([&](ReadTx&) {
                assert_no_transaction();
                return Result<int>(1);
            });
            std::exit(outcome ? 0 : 1);
        },
        "broken invariant");
}

} // namespace
} // namespace keystead
