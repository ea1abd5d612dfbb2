// The embedded database as rows: read by a connection of its own beside the server (a reader in WAL
// mode stops nobody), and written into a file of another name that takes its own when it is whole.
#include "storage/snapshot.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/data_folder.h"
#include "storage/sqlite/migration_target.h"

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace keystead {
namespace {

using storage::Access;
using storage::column_list;
using storage::Connection;
using storage::DataFolder;
using storage::FileDescriptor;
using storage::sql_name;

constexpr std::size_t kRowsInTransaction = 20000;

Error unavailable(const std::filesystem::path& path, int error)
{
    const bool is_full = error == ENOSPC || error == EDQUOT;
    return {.kind = ErrorKind::Unavailable,
            .code = is_full ? "storage/full" : "storage/unavailable",
            .detail = path.string() + ": " + std::generic_category().message(error) + "."};
}

SqlParam param_of(const SqlValue& value)
{
    struct View {
        SqlParam operator()(std::monostate) const { return std::nullopt; }
        SqlParam operator()(std::int64_t number) const { return number; }
        SqlParam operator()(const std::string& text) const { return text; }
        SqlParam operator()(const Bytes& bytes) const { return bytes; }
    };
    return std::visit(View{}, value);
}

// Neither what the engine derives (virtual tables, their shadows, generated columns) nor its own
// tables: restoring the rows brings those back.
constexpr std::string_view kListColumns =
    "SELECT l.name, c.name FROM pragma_table_list l JOIN pragma_table_xinfo(l.name) c "
    "WHERE l.schema = 'main' AND l.type = 'table' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
    "AND l.name <> 'schema_migration' AND c.hidden = 0 ORDER BY l.name, c.cid";

Result<std::vector<TableShape>> tables_of(Connection& connection)
{
    KS_TRY(const auto outcome, connection.control_query(kListColumns, {}));
    std::vector<TableShape> tables;
    for (const Row& row : outcome.rows) {
        if (tables.empty() || tables.back().name != row.text(0)) {
            tables.push_back({row.text(0), {}});
        }
        tables.back().columns.push_back(row.text(1));
    }
    return tables;
}

class SqliteSnapshot final : public Snapshot {
public:
    explicit SqliteSnapshot(std::unique_ptr<Connection> connection)
        : connection_(std::move(connection))
    {
    }

    /// The snapshot is taken by the first read, which happens here.
    Result<void> begin()
    {
        KS_CHECK(connection_->control("BEGIN"));
        KS_TRY(const auto tables, tables_of(*connection_));
        if (tables.empty()) {
            return Error{ErrorKind::NotFound, "storage/no-database",
                         "There is no database in this data folder."};
        }
        return {};
    }

    Database::Engine engine() const override { return Database::Engine::Sqlite; }

    Result<std::vector<storage::AppliedMigration>> list_applied() override
    {
        KS_TRY(const auto outcome, connection_->control_query(storage::kListApplied, {}));
        std::vector<storage::AppliedMigration> applied;
        for (const Row& row : outcome.rows) {
            applied.push_back({static_cast<int>(row.integer(0)), row.text(1), row.text(2)});
        }
        return applied;
    }

    Result<std::vector<TableShape>> list_tables() override { return tables_of(*connection_); }

    Result<void> for_each_row(const TableShape& table, TakeRow take) override
    {
        return connection_->control_stream(
            "SELECT " + column_list(table) + " FROM " + sql_name(table.name), take);
    }

private:
    std::unique_ptr<Connection> connection_;
};

/// What stands under the name of a database, or beside it: a log without its database would be
/// replayed into the next one of that name.
Result<void> check_empty(const std::filesystem::path& database_file)
{
    std::error_code failed;
    bool is_empty = std::filesystem::file_size(database_file, failed) == 0 || failed;
    for (const char* const ending : {"-wal", "-shm", "-journal"}) {
        std::filesystem::path beside = database_file;
        beside += ending;
        is_empty = is_empty && !std::filesystem::exists(beside, failed);
    }
    if (!is_empty) {
        return Error{ErrorKind::Conflict, "storage/not-empty",
                     "There is a database at " + database_file.string() +
                         " already, or what is left of one. Nothing was changed: move keystead.db "
                         "and the files that begin with its name away first."};
    }
    return {};
}

void remove_files(const std::filesystem::path& file)
{
    for (const char* const ending : {"", "-wal", "-shm", "-journal"}) {
        std::filesystem::path one = file;
        one += ending;
        ::unlink(one.c_str());
    }
}

Result<void> sync(const std::filesystem::path& path)
{
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file || ::fsync(file.number()) != 0) {
        return unavailable(path, errno);
    }
    return {};
}

class EmptySqlite final : public EmptyDatabase {
public:
    explicit EmptySqlite(DataFolder folder) : folder_(std::move(folder))
    {
        unfinished_ = folder_.database_file();
        unfinished_ += ".restoring";
    }
    ~EmptySqlite() override
    {
        connection_.reset();
        if (!finished_) {
            remove_files(unfinished_);
        }
    }

    Result<void> make_schema(std::span<const Migration> migrations, const Clock& clock)
    {
        remove_files(unfinished_); // of a restore that was killed
        const FileDescriptor made(
            ::open(unfinished_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (!made) {
            return unavailable(unfinished_, errno);
        }
        KS_TRY(connection_, Connection::open({.file = unfinished_,
                                              .role = Connection::Role::Writer,
                                              .durable = false})); // made durable once, at the end
        // Tables are filled in the order of their names, not of who refers to whom.
        KS_CHECK(connection_->control("PRAGMA foreign_keys=OFF"));
        storage::SqliteMigrationTarget target(*connection_);
        return storage::migrate(target, migrations, SchemaPolicy::Migrate, clock);
    }

    Result<std::vector<TableShape>> list_tables() override { return tables_of(*connection_); }

    Result<void> begin_table(const TableShape& table) override
    {
        KS_CHECK(commit());
        KS_CHECK(connection_->control(("DELETE FROM " + sql_name(table.name)).c_str()));
        std::string places;
        for (std::size_t number = 1; number <= table.columns.size(); ++number) {
            places.append(number == 1 ? "$" : ", $").append(std::to_string(number));
        }
        insert_ = "INSERT INTO " + sql_name(table.name) + " (" + column_list(table) + ") VALUES (" +
                  places + ")";
        return {};
    }

    Result<void> insert(std::span<const SqlValue> values) override
    {
        if (rows_ == 0) {
            KS_CHECK(connection_->control("BEGIN"));
        }
        std::vector<SqlParam> params;
        params.reserve(values.size());
        for (const SqlValue& value : values) {
            params.push_back(param_of(value));
        }
        KS_TRY([[maybe_unused]] const auto done,
               connection_->run(insert_, params, Access::Everything));
        return ++rows_ < kRowsInTransaction ? Result<void>{} : commit();
    }

    Result<void> finish() override
    {
        KS_CHECK(commit());
        // Closing would do it too, and not say when it could not: rows would stay behind in the
        // log.
        KS_TRY(const auto moved, connection_->control_query("PRAGMA wal_checkpoint(TRUNCATE)", {}));
        if (moved.rows.size() != 1 || moved.rows.front().integer(0) != 0) {
            return Error{.kind = ErrorKind::Unavailable,
                         .code = "storage/unavailable",
                         .cause = "the log could not be moved into the database"};
        }
        connection_.reset();
        KS_CHECK(sync(unfinished_));
        if (::rename(unfinished_.c_str(), folder_.database_file().c_str()) != 0) {
            return unavailable(folder_.database_file(), errno);
        }
        finished_ = true;
        return sync(folder_.database_file().parent_path());
    }

private:
    Result<void> commit()
    {
        if (std::exchange(rows_, 0) == 0) {
            return {};
        }
        return connection_->control("COMMIT");
    }

    DataFolder folder_;
    std::filesystem::path unfinished_;
    std::unique_ptr<Connection> connection_;
    std::string insert_;
    std::size_t rows_ = 0; // in the open transaction
    bool finished_ = false;
};

} // namespace

Result<std::unique_ptr<Snapshot>> open_sqlite_snapshot(const std::filesystem::path& folder)
{
    const std::filesystem::path file = folder / "keystead.db";
    std::error_code failed;
    if (!std::filesystem::is_regular_file(file, failed)) { // Opening would make it.
        return Error{ErrorKind::NotFound, "storage/no-database",
                     "There is no database in " + folder.string() + "."};
    }
    KS_TRY(auto connection, Connection::open({.file = file, .role = Connection::Role::Reader}));
    auto snapshot = std::make_unique<SqliteSnapshot>(std::move(connection));
    KS_CHECK(snapshot->begin());
    return std::unique_ptr<Snapshot>(std::move(snapshot));
}

Result<std::unique_ptr<EmptyDatabase>> open_empty_sqlite(const std::filesystem::path& folder,
                                                         std::span<const Migration> migrations,
                                                         const Clock& clock)
{
    KS_CHECK(check_empty(folder / "keystead.db"));
    KS_TRY(DataFolder locked, DataFolder::open(folder));
    KS_CHECK(check_empty(locked.database_file())); // Now nobody else can begin one.
    auto empty = std::make_unique<EmptySqlite>(std::move(locked));
    KS_CHECK(empty->make_schema(migrations, clock));
    return std::unique_ptr<EmptyDatabase>(std::move(empty));
}

} // namespace keystead
