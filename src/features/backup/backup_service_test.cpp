#include "features/backup/backup_service.h"

#include "features/backup/backup_file.h"
#include "storage/embedded_migrations.h"
#include "test/support/test_database.h"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <string>
#include <tuple>

#include <sys/stat.h>

namespace keystead::backup {
namespace {

using Engine = Database::Engine;

const Secret& tag_key()
{
    static const Secret key = Secret::copy_of("01234567890123456789012345678901");
    return key;
}

Result<std::unique_ptr<Snapshot>> snapshot_of(const test::TestDatabase& database, Engine engine)
{
    return engine == Engine::Sqlite ? open_sqlite_snapshot(database.folder())
                                    : open_postgres_snapshot(database.connection());
}

Result<std::unique_ptr<EmptyDatabase>> empty_at(const test::TestDatabase& place, Engine engine,
                                                std::span<const Migration> migrations)
{
    static const test::FakeClock clock;
    return engine == Engine::Sqlite ? open_empty_sqlite(place.folder(), migrations, clock)
                                    : open_empty_postgres(place.connection(), migrations, clock);
}

/// Rows of every kind: integers, texts, bytes, empty ones and none.
Result<void> put_rows(Database& database, int count)
{
    return database.upkeep([&](UpkeepTx& tx) -> Result<void> {
        for (int number = 0; number < count; ++number) {
            const std::array<std::byte, 4> id{std::byte{0}, static_cast<std::byte>(number >> 8),
                                              static_cast<std::byte>(number), std::byte{255}};
            const std::optional<std::string> error =
                number % 2 == 0 ? std::optional<std::string>("d\xc3\xa9j\xc3\xa0 \"vu\"")
                                : std::nullopt;
            KS_CHECK(tx.exec("INSERT INTO outbox (id, purpose, address_digest, state, created_at, "
                             "due_at, attempts, payload, last_error) "
                             "VALUES ($1, $2, $3, 1, $4, $4, 0, $3, $5)",
                             id, -number, Bytes{}, std::int64_t{1} << 60, error));
        }
        return {};
    });
}

Result<std::string> rows_as_text(Database& database)
{
    return database.read([](ReadTx& tx) -> Result<std::string> {
        KS_TRY(const Rows rows, tx.query("SELECT id, purpose, address_digest, created_at, payload, "
                                         "last_error, finished_at FROM outbox ORDER BY id"));
        std::string text;
        for (const Row& row : rows) {
            text.append(as_text(row.bytes(0)))
                .append(std::to_string(row.integer(1)))
                .append(as_text(row.bytes(2)))
                .append(std::to_string(row.integer(3)))
                .append(row.is_null(4) ? "null" : as_text(row.bytes(4)))
                .append(row.optional_text(5).value_or("null"))
                .append(row.is_null(6) ? "null" : "?")
                .append("\n");
        }
        return text;
    });
}

struct Made {
    std::filesystem::path path;
    MadeBackup backup;
};

Result<Made> make(const test::TestDatabase& database, Engine engine, const std::string& name)
{
    Made made{.path = database.folder() / name, .backup = {}};
    KS_TRY(const auto snapshot, snapshot_of(database, engine));
    KS_TRY(auto file, NewBackupFile::create(made.path));
    KS_TRY(made.backup, make_backup(*snapshot, file, tag_key(),
                                    {.product_version = "0", .made_at = from_micros(7)}));
    KS_CHECK(file.sync());
    KS_CHECK(file.publish());
    return made;
}

Result<void> load(const std::filesystem::path& path, EmptyDatabase& empty)
{
    KS_TRY(auto file, BackupFile::open(path));
    KS_TRY(const auto checked, check_backup(file));
    KS_CHECK(file.rewind());
    KS_CHECK(load_backup(file, empty, checked.end));
    return empty.finish();
}

class Backup : public testing::TestWithParam<std::tuple<Engine, Engine>> {
protected:
    Engine from_ = std::get<0>(GetParam());
    Engine to_ = std::get<1>(GetParam());
    test::TestDatabase source_{from_};
    test::TestDatabase target_{to_};
};

// guards: a back-up of one engine is restored on either, row for row
TEST_P(Backup, BringsEveryRowBack)
{
    ASSERT_TRUE(put_rows(*source_, 2500));
    const auto made = make(source_, from_, "b");
    ASSERT_TRUE(made) << made.error().detail << made.error().cause;
    struct stat status {};
    ASSERT_EQ(stat(made->path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600U);

    target_.wipe();
    const auto schema = schema_of(made->backup.head, embedded_migrations());
    ASSERT_TRUE(schema);
    {
        const auto empty = empty_at(target_, to_, *schema);
        ASSERT_TRUE(empty) << empty.error().detail << empty.error().cause;
        const auto loaded = load(made->path, **empty);
        ASSERT_TRUE(loaded) << loaded.error().detail << loaded.error().cause;
    }
    target_.reopen();
    EXPECT_EQ(*rows_as_text(*target_), *rows_as_text(*source_));
    const auto mark = target_->read([](ReadTx& tx) {
        return tx.query("SELECT value FROM node WHERE name = $1", kUnfinishedMark);
    });
    ASSERT_TRUE(mark && mark->size() == 1);
    EXPECT_EQ(mark->front().integer(0), mark_of(made->backup.end));
    EXPECT_EQ(make(target_, to_, "again").error().code, "backup/unfinished-restore");
}

// guards: nothing is restored over what is there, and nothing stays of what failed
TEST_P(Backup, TouchesNothingElse)
{
    ASSERT_TRUE(put_rows(*source_, 10));
    const auto made = make(source_, from_, "b");
    ASSERT_TRUE(made) << made.error().detail << made.error().cause;
    EXPECT_EQ(NewBackupFile::create(made->path).error().code, "backup/file-exists");
    EXPECT_EQ(empty_at(target_, to_, embedded_migrations()).error().code,
              to_ == Engine::Sqlite ? "storage/not-empty" : "storage/locked");
    target_.close();
    EXPECT_EQ(empty_at(target_, to_, embedded_migrations()).error().code, "storage/not-empty");

    target_.wipe();
    {
        const auto empty = empty_at(target_, to_, embedded_migrations());
        ASSERT_TRUE(empty) << empty.error().detail << empty.error().cause;
        ASSERT_TRUE((*empty)->begin_table({"node", {"name", "value", "noted_at"}}));
        ASSERT_TRUE((*empty)->insert(
            std::vector<SqlValue>{std::string("half"), std::int64_t{1}, std::int64_t{1}}));
    }
    const auto empty = empty_at(target_, to_, embedded_migrations());
    ASSERT_TRUE(empty) << "what was not finished has left nothing: " << empty.error().detail;
}

// guards: of two back-ups to one place at once, neither takes the other's file
TEST(BackupFile, IsWrittenByOneAtATime)
{
    const test::TestDatabase place{Engine::Sqlite};
    const auto path = place.folder() / "twice";
    {
        const auto first = NewBackupFile::create(path);
        ASSERT_TRUE(first);
        EXPECT_EQ(NewBackupFile::create(path).error().code, "backup/in-progress");
        EXPECT_TRUE(std::filesystem::exists(path.string() + ".unfinished"));
    }
    EXPECT_TRUE(NewBackupFile::create(path)) << "nobody writes it any more";
}

// guards: rows that do not fit the schema are refused, and so are rows of a newer one
TEST_P(Backup, RefusesAnotherSchema)
{
    ASSERT_TRUE(put_rows(*source_, 10));
    const auto made = make(source_, from_, "b");
    ASSERT_TRUE(made);
    target_.wipe();
    const auto empty = empty_at(target_, to_, embedded_migrations().first(2));
    ASSERT_TRUE(empty);
    EXPECT_EQ(load(made->path, **empty).error().code, "backup/other-schema");
    EXPECT_EQ(schema_of(made->backup.head, embedded_migrations().first(2)).error().code,
              "storage/schema-too-new");
    ArchiveHead other = made->backup.head;
    other.schema.front().checksum = "other";
    EXPECT_EQ(schema_of(other, embedded_migrations()).error().code, "storage/schema-changed");
}

std::vector<std::tuple<Engine, Engine>> pairs()
{
    std::vector<std::tuple<Engine, Engine>> list;
    for (const Engine from : test::engines()) {
        for (const Engine to : test::engines()) {
            list.emplace_back(from, to);
        }
    }
    return list;
}

std::string name_of(Engine engine)
{
    return engine == Engine::Sqlite ? "Sqlite" : "Postgres";
}

INSTANTIATE_TEST_SUITE_P(Engines, Backup, testing::ValuesIn(pairs()), [](const auto& tested) {
    return name_of(std::get<0>(tested.param)) + "To" + name_of(std::get<1>(tested.param));
});

// guards: the log of a database that was moved away is not replayed into the one that is restored
TEST(BackupOnSqlite, RefusesTheLogOfAnotherDatabase)
{
    const test::TemporaryFolder folder;
    const test::FakeClock clock;
    std::ofstream(folder.path() / "keystead.db-wal") << "left";
    EXPECT_EQ(open_empty_sqlite(folder.path(), embedded_migrations(), clock).error().code,
              "storage/not-empty");
    std::filesystem::remove(folder.path() / "keystead.db-wal");
    EXPECT_TRUE(open_empty_sqlite(folder.path(), embedded_migrations(), clock));
    EXPECT_EQ(open_sqlite_snapshot(folder.path() / "none").error().code, "storage/no-database");
}

} // namespace
} // namespace keystead::backup
