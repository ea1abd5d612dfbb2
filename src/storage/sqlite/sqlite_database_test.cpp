// What holds for the embedded engine alone: batches, lost transactions, a full disk, kill -9,
// files.
#include "storage/open.h"
#include "test/support/fake_clock.h"
#include "test/support/temporary_folder.h"
#include "test/support/test_database.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <latch>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace keystead {
namespace {

constexpr Migration kMigrations[] = {
    {1, "node",
     "CREATE TABLE node (name TEXT COLLATE \"C\" NOT NULL PRIMARY KEY, value BIGINT NOT NULL, "
     "noted_at BIGINT NOT NULL);\n"
     "CREATE TABLE item (number BIGINT NOT NULL PRIMARY KEY, content TEXT);\n"
     "CREATE TRIGGER unlucky BEFORE INSERT ON item WHEN NEW.number = 13 BEGIN\n"
     "  SELECT RAISE(ROLLBACK, 'everything is gone');\nEND;\n",
     "", "one"},
};

Result<void> add(WriteTx& tx, std::int64_t number, std::string_view content = "")
{
    tx.audit_recorded();
    KS_TRY(const int rows,
           tx.exec("INSERT INTO item (number, content) VALUES ($1, $2)", number, content));
    EXPECT_EQ(rows, 1);
    return {};
}

std::int64_t count_items(Database& database)
{
    const auto row =
        database.read([](ReadTx& tx) { return tx.query_one("SELECT count(*) FROM item"); });
    EXPECT_TRUE(row) << row.error().cause;
    return row ? (**row).integer(0) : -1;
}

class SqliteDatabase : public testing::Test {
protected:
    std::unique_ptr<Database> open(const std::filesystem::path& folder, std::uint32_t pages_max = 0)
    {
        auto opened = open_sqlite(
            {.folder = folder, .migrations = kMigrations, .clock = clock_, .pages_max = pages_max});
        EXPECT_TRUE(opened) << opened.error().detail << opened.error().cause;
        return opened ? *std::move(opened) : nullptr;
    }
    /// So many threads call at once, the first of them holding the writer until all the others are
    /// on their way.
    template <class Work> static void call_in_one_batch(int threads, Work work)
    {
        std::latch others(threads - 1);
        std::vector<std::jthread> running;
        for (int index = 0; index < threads; ++index) {
            running.emplace_back([&, index] {
                if (index > 0) {
                    others.count_down();
                }
                work(index, [&] { others.wait(); });
            });
        }
    }
    test::TemporaryFolder folder_;
    test::FakeClock clock_;
};

// guards: callers share a commit; the hook runs once for all of them
TEST_F(SqliteDatabase, RacingWritersShareACommit)
{
    const auto database = open(folder_.path());
    std::atomic<int> batches = 0;
    database->set_before_commit([&](WriteTx& tx) -> Result<void> {
        ++batches;
        KS_TRY(const int rows,
               tx.exec("INSERT INTO node (name, value, noted_at) VALUES ('batches', 1, 0) "
                       "ON CONFLICT (name) DO UPDATE SET value = node.value + 1"));
        EXPECT_EQ(rows, 1);
        return {};
    });
    call_in_one_batch(64, [&](int index, const auto& wait) {
        const auto outcome = database->write([&](WriteTx& tx) -> Result<void> {
            if (index == 0) {
                wait();
            }
            return add(tx, 1000 + index);
        });
        EXPECT_TRUE(outcome);
    });
    EXPECT_EQ(count_items(*database), 64);
    EXPECT_LT(batches, 64);
    const auto counted = database->read(
        [](ReadTx& tx) { return tx.query_one("SELECT value FROM node WHERE name = 'batches'"); });
    ASSERT_TRUE(counted);
    EXPECT_EQ((**counted).integer(0), batches);
}

// guards: SQLite rolling back everything inside one savepoint costs nobody else their change, and
// nobody has it twice
TEST_F(SqliteDatabase, ALostTransactionInsideABatchIsOneCallersAlone)
{
    const auto database = open(folder_.path());
    std::atomic<int> heard = 0;
    call_in_one_batch(32, [&](int index, const auto& wait) {
        const auto outcome = database->write([&](WriteTx& tx) -> Result<void> {
            if (index == 0) {
                wait();
            }
            tx.after_commit([&heard] { ++heard; });
            auto added = add(tx, index);
            if (!added) {
                // SQLite is outside any transaction now: what ran here would be durable on its own.
                EXPECT_FALSE(tx.exec("INSERT INTO item (number) VALUES (99)"));
            }
            return added;
        });
        EXPECT_EQ(outcome.has_value(), index != 13);
    });
    EXPECT_EQ(count_items(*database), 31);
    EXPECT_EQ(heard, 31);
}

TEST_F(SqliteDatabase, AHookThatFailsRollsItsBatchBack)
{
    const auto database = open(folder_.path());
    bool heard = false;
    database->set_before_commit([&](WriteTx& tx) -> Result<void> {
        tx.after_commit([&] { heard = true; });
        return Error{.kind = ErrorKind::Internal, .code = "test/hook"};
    });
    const auto outcome = database->write([](WriteTx& tx) { return add(tx, 1); });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, "test/hook");
    EXPECT_EQ(count_items(*database), 0);
    EXPECT_FALSE(heard);
    const auto upkeep = database->upkeep([](UpkeepTx& tx) {
        return tx.exec("INSERT INTO node (name, value, noted_at) VALUES ('a', 1, 0)");
    });
    EXPECT_TRUE(upkeep) << "no record, no hook";
}

// guards: a database that cannot grow says so, keeps what it has, and still reads
TEST_F(SqliteDatabase, AFullDatabaseRefusesAndKeepsWhatItHas)
{
    const auto database = open(folder_.path(), 40);
    const std::string content(1000, 'x');
    std::int64_t stored = 0;
    Result<void> outcome;
    while (stored < 1000) {
        outcome = database->write([&](WriteTx& tx) { return add(tx, 100 + stored, content); });
        if (!outcome) {
            break;
        }
        ++stored;
    }
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, "storage/full");
    EXPECT_EQ(outcome.error().kind, ErrorKind::Unavailable);
    EXPECT_EQ(count_items(*database), stored);
    call_in_one_batch(16, [&](int index, const auto& wait) {
        // One caller's large row must not take the others' small ones along.
        const auto shared = database->write([&](WriteTx& tx) -> Result<void> {
            if (index == 0) {
                wait();
                return add(tx, 5000, std::string(100'000, 'y'));
            }
            tx.audit_recorded();
            KS_TRY(const int rows,
                   tx.exec("UPDATE item SET content = '' WHERE number = $1", 100 + index));
            EXPECT_EQ(rows, 1);
            return {};
        });
        EXPECT_EQ(shared.has_value(), index != 0);
    });
    EXPECT_EQ(count_items(*database), stored);
}

// guards: on a full disk a revocation commits, by the reserve; an ordinary write is refused
TEST_F(SqliteDatabase, AnEssentialWriteCommitsOnAFullDisk)
{
    const std::filesystem::path disk = folder_.path() / "disk";
    std::filesystem::create_directory(disk);
    if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=24m") != 0) {
        GTEST_SKIP() << "needs the right to mount a small disk";
    }
    {
        const auto database = open(disk / "data");
        ASSERT_TRUE(database->maintain(Database::Maintenance::RestoreReserve));
        EXPECT_EQ(std::filesystem::file_size(disk / "data" / "reserve"), std::size_t{16} << 20);
        ASSERT_TRUE(database->write([](WriteTx& tx) { return add(tx, 1, "session"); }));
        {
            std::ofstream filler(disk / "filler", std::ios::binary);
            const std::string block(4096, 'f');
            while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
            }
        }
        const auto ordinary =
            database->write([](WriteTx& tx) { return add(tx, 2, std::string(50'000, 'x')); });
        ASSERT_FALSE(ordinary);
        EXPECT_EQ(ordinary.error().code, "storage/full");
        EXPECT_TRUE(std::filesystem::exists(disk / "data" / "reserve"));
        EXPECT_EQ(count_items(*database), 1);

        const auto revoked = database->write_essential([](WriteTx& tx) -> Result<void> {
            tx.audit_recorded();
            KS_TRY(const int rows, tx.exec("DELETE FROM item WHERE number = 1"));
            EXPECT_EQ(rows, 1);
            return add(tx, 3, std::string(50'000, 'r'));
        });
        EXPECT_TRUE(revoked) << revoked.error().cause;
        EXPECT_FALSE(std::filesystem::exists(disk / "data" / "reserve"));
        EXPECT_EQ(count_items(*database), 1);

        // There is room now, but it is kept for what must succeed.
        const auto small = [&] {
            return database->write([](WriteTx& tx) { return add(tx, 4, "session"); });
        };
        ASSERT_FALSE(small());
        EXPECT_EQ(small().error().code, "storage/full");
        EXPECT_FALSE(database->maintain(Database::Maintenance::RestoreReserve));
        EXPECT_FALSE(small());
        EXPECT_TRUE(database->write_essential([](WriteTx& tx) { return add(tx, 5, "revoked"); }));

        std::filesystem::remove(disk / "filler");
        EXPECT_TRUE(database->maintain(Database::Maintenance::RestoreReserve));
        EXPECT_TRUE(std::filesystem::exists(disk / "data" / "reserve"));
        EXPECT_TRUE(small());
    }
    EXPECT_EQ(::umount(disk.c_str()), 0);
}

/// In the child: writes for ever from four threads, and tells each number once write() has said
/// that it is durable.
[[noreturn]] void write_until_killed(const std::filesystem::path& folder, int acknowledged)
{
    const test::FakeClock clock;
    auto opened = open_sqlite({.folder = folder, .migrations = kMigrations, .clock = clock});
    KS_ASSERT(opened);
    std::atomic<std::int64_t> next = 100;
    std::vector<std::jthread> running;
    for (int thread = 0; thread < 4; ++thread) {
        running.emplace_back([&] {
            while (true) {
                const std::int64_t number = next++;
                KS_ASSERT((*opened)->write([&](WriteTx& tx) { return add(tx, number); }));
                KS_ASSERT(::write(acknowledged, &number, sizeof number) == sizeof number);
            }
        });
    }
    running.front().join();
    std::abort();
}

// guards: what was acknowledged survives kill -9
TEST_F(SqliteDatabase, KeepsWhatWasAcknowledgedBeforeAKill)
{
    std::set<std::int64_t> acknowledged;
    for (int round = 0; round < 3; ++round) {
        const std::filesystem::path folder = folder_.path() / std::to_string(round);
        int pipe_ends[2] = {};
        ASSERT_EQ(::pipe(pipe_ends), 0);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            ::close(pipe_ends[0]);
            write_until_killed(folder, pipe_ends[1]);
        }
        ::close(pipe_ends[1]);
        acknowledged.clear();
        std::int64_t number = 0;
        while (::read(pipe_ends[0], &number, sizeof number) == sizeof number) {
            acknowledged.insert(number);
            if (acknowledged.size() == 100U + 37U * static_cast<unsigned>(round)) {
                ::kill(child, SIGKILL); // And what is still in the pipe counts too.
            }
        }
        ::close(pipe_ends[0]);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status));

        const auto database = open(folder);
        const auto rows =
            database->read([](ReadTx& tx) { return tx.query("SELECT number FROM item"); });
        ASSERT_TRUE(rows);
        for (const Row& row : *rows) {
            acknowledged.erase(row.integer(0));
        }
        EXPECT_TRUE(acknowledged.empty()) << acknowledged.size() << " acknowledged writes are gone";
    }
}

// guards: nobody else on the machine reads the data
TEST_F(SqliteDatabase, MakesFilesForItsOwnerAlone)
{
    const std::filesystem::path folder = folder_.path() / "a" / "data";
    const mode_t before = ::umask(0);
    const auto database = open(folder);
    ASSERT_TRUE(database->write([](WriteTx& tx) { return add(tx, 1); }));
    ASSERT_TRUE(database->maintain(Database::Maintenance::RestoreReserve));
    ::umask(before);
    struct stat status = {};
    ASSERT_EQ(::stat(folder.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777U, 0600U) << entry.path();
        ++files;
    }
    EXPECT_EQ(files, 5); // database, log, index, lock, reserve
}

// guards: what was erased is in none of the files
TEST_F(SqliteDatabase, LeavesNoTraceOfWhatWasErased)
{
    const auto database = open(folder_.path());
    const std::string secret = "jane.doe@example.org lives here";
    const auto is_on_disk = [&] {
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
            std::ifstream file(entry.path(), std::ios::binary);
            const std::string content(std::istreambuf_iterator<char>(file), {});
            if (content.find(secret) != content.npos) {
                return true;
            }
        }
        return false;
    };
    ASSERT_TRUE(database->write([&](WriteTx& tx) { return add(tx, 1, secret); }));
    EXPECT_TRUE(is_on_disk());
    const auto erased = database->write([](WriteTx& tx) {
        tx.audit_recorded();
        return tx.exec("UPDATE item SET content = NULL WHERE number = 1");
    });
    ASSERT_TRUE(erased);
    const auto while_read = database->read([&](ReadTx& tx) -> Result<bool> {
        KS_TRY(const auto rows, tx.query("SELECT number FROM item"));
        bool truncated = true;
        std::jthread([&] {
            truncated = database->maintain(Database::Maintenance::TruncateLog).has_value();
        }).join();
        return truncated;
    });
    ASSERT_TRUE(while_read);
    EXPECT_FALSE(*while_read) << "a reader that may still see the old row keeps it in the log";
    ASSERT_TRUE(database->maintain(Database::Maintenance::TruncateLog));
    EXPECT_FALSE(is_on_disk());
    EXPECT_TRUE(database->maintain(Database::Maintenance::Optimize));
    EXPECT_TRUE(database->health());
}

} // namespace
} // namespace keystead
