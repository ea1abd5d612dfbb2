#include "test/support/test_database.h"

#include "storage/embedded_migrations.h"

#include <cstdio>
#include <cstdlib>

namespace keystead::test {
namespace {

const char* postgres_connection() { return std::getenv("KEYSTEAD_TEST_POSTGRES"); }

} // namespace

TestDatabase::TestDatabase(Database::Engine engine) : TestDatabase(engine, embedded_migrations()) {}

TestDatabase::TestDatabase(Database::Engine engine, std::span<const Migration> migrations)
    : engine_(engine), migrations_(migrations)
{
    reopen();
}

TestDatabase::~TestDatabase() { database_.reset(); }

void TestDatabase::reopen()
{
    database_.reset();
    auto opened = try_open(migrations_);
    if (!opened) {
        std::fprintf(stderr, "cannot open the test database: %s %s %s\n", std::string(opened.error().code).c_str(),
                     opened.error().detail.c_str(), opened.error().cause.c_str());
        std::abort();
    }
    database_ = *std::move(opened);
}

Result<std::unique_ptr<Database>> TestDatabase::try_open(std::span<const Migration> migrations,
                                                         SchemaPolicy policy) const
{
    return open_sqlite({.folder = folder_.path(),
                        .migrations = migrations,
                        .clock = clock_,
                        .schema = policy,
                        .durability = SqliteOptions::Durability::None});
}

std::vector<Database::Engine> engines()
{
    std::vector<Database::Engine> list{Database::Engine::Sqlite};
    if (postgres_connection() != nullptr) {
        list.push_back(Database::Engine::Postgres);
    }
    return list;
}

} // namespace keystead::test
