// test/support/test_database.h
//
// Empty databases for tests, with every migration of this build or with a test's own. SQLite
// always; PostgreSQL too when KEYSTEAD_TEST_POSTGRES holds a libpq connection string, each database
// then being a schema of its own.
//
//   class AuditStore : public testing::TestWithParam<Database::Engine> {
//       test::TestDatabase database_{GetParam()};     // *database_ is the Database
//   };
//   INSTANTIATE_TEST_SUITE_P(Engines, AuditStore, testing::ValuesIn(test::engines()),
//   test::engine_name);
#pragma once

#include "storage/database.h"
#include "storage/open.h"
#include "test/support/fake_clock.h"
#include "test/support/temporary_folder.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace keystead::test {

class TestDatabase {
public:
    /// Ends the process when the database does not open.
    explicit TestDatabase(Database::Engine engine = Database::Engine::Sqlite);
    TestDatabase(Database::Engine engine, std::span<const Migration> migrations);
    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;
    ~TestDatabase();

    Database& operator*() const { return *database_; }
    Database* operator->() const { return database_.get(); }

    /// Closes it and opens it again, as a restarted node does.
    void reopen();
    void close() { database_.reset(); }
    /// Closes it and takes everything away: the place is as before the first opening.
    void wipe();
    Result<std::unique_ptr<Database>> try_open(std::span<const Migration> migrations,
                                               SchemaPolicy policy = SchemaPolicy::Migrate) const;

    /// Where it is: for tests that reach the engine past us.
    const std::filesystem::path& folder() const { return folder_.path(); }
    const std::string& connection() const { return connection_; }

private:
    Database::Engine engine_;
    std::span<const Migration> migrations_;
    TemporaryFolder folder_; // SQLite's
    std::string connection_; // PostgreSQL's
    std::string schema_;
    FakeClock clock_;
    std::unique_ptr<Database> database_;
};

/// Those that this run can test.
std::vector<Database::Engine> engines();
/// For INSTANTIATE_TEST_SUITE_P: "Sqlite", "Postgres".
inline constexpr auto engine_name = [](const auto& info) -> std::string {
    return info.param == Database::Engine::Sqlite ? "Sqlite" : "Postgres";
};
/// Short for a SQLite database with all migrations.
inline std::unique_ptr<TestDatabase> open_test_database(
    Database::Engine engine = Database::Engine::Sqlite)
{
    return std::make_unique<TestDatabase>(engine);
}

} // namespace keystead::test
