#include "test/support/test_database.h"

#include "storage/embedded_migrations.h"

#include <libpq-fe.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <unistd.h>

namespace keystead::test {
namespace {

const char* postgres_connection()
{
    return std::getenv("KEYSTEAD_TEST_POSTGRES");
}

void run_as_owner(const std::string& sql)
{
    const std::unique_ptr<PGconn, decltype(&PQfinish)> owner(PQconnectdb(postgres_connection()),
                                                             &PQfinish);
    PQsetNoticeProcessor(
        owner.get(), [](void*, const char*) {}, nullptr);
    const std::unique_ptr<PGresult, decltype(&PQclear)> answer(PQexec(owner.get(), sql.c_str()),
                                                               &PQclear);
    if (PQresultStatus(answer.get()) != PGRES_COMMAND_OK) {
        std::fprintf(stderr, "%s: %s\n", sql.c_str(), PQerrorMessage(owner.get()));
        std::abort();
    }
}

/// "ks_test_<process>_<count>": test programs run side by side.
std::string new_schema_name()
{
    static std::atomic<int> count{0};
    return "ks_test_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
}

} // namespace

TestDatabase::TestDatabase(Database::Engine engine) : TestDatabase(engine, embedded_migrations()) {}

TestDatabase::TestDatabase(Database::Engine engine, std::span<const Migration> migrations)
    : engine_(engine), migrations_(migrations)
{
    if (engine_ == Database::Engine::Postgres) {
        schema_ = new_schema_name();
        connection_ =
            std::string(postgres_connection()) + " options='-c search_path=" + schema_ + "'";
        run_as_owner("CREATE SCHEMA " + schema_);
    }
    reopen();
}

TestDatabase::~TestDatabase()
{
    database_.reset();
    if (engine_ == Database::Engine::Postgres) {
        run_as_owner("DROP SCHEMA " + schema_ + " CASCADE");
    }
}

void TestDatabase::reopen()
{
    database_.reset();
    auto opened = try_open(migrations_);
    if (!opened) {
        std::fprintf(stderr, "cannot open the test database: %s %s %s\n",
                     std::string(opened.error().code).c_str(), opened.error().detail.c_str(),
                     opened.error().cause.c_str());
        std::abort();
    }
    database_ = *std::move(opened);
}

void TestDatabase::wipe()
{
    database_.reset();
    if (engine_ == Database::Engine::Postgres) {
        run_as_owner("DROP SCHEMA " + schema_ + " CASCADE; CREATE SCHEMA " + schema_);
        return;
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
        std::filesystem::remove_all(entry.path());
    }
}

Result<std::unique_ptr<Database>> TestDatabase::try_open(std::span<const Migration> migrations,
                                                         SchemaPolicy policy) const
{
    if (engine_ == Database::Engine::Postgres) {
        return open_postgres({.connection = connection_,
                              .migrations = migrations,
                              .clock = clock_,
                              .schema = policy});
    }
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
