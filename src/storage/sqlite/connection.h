// storage/sqlite/connection.h
//
// One SQLite connection: opened the way Keystead wants it, with a cache of prepared statements,
// parameters bound by name, and SQLite's errors turned into ours. Used by one thread at a time.
#pragma once

#include "core/function_ref.h"
#include "core/result.h"
#include "storage/database.h"
#include "storage/statement.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace keystead::storage {

class Connection {
public:
    enum class Role : std::uint8_t { Reader, Writer };
    struct Options {
        std::filesystem::path file;
        Role role = Role::Reader;
        bool durable = true;
        std::uint32_t pages_max = 0; // 0: SQLite's own limit
    };
    struct Outcome {
        Rows rows;
        std::int64_t changes = 0;
    };

    static Result<std::unique_ptr<Connection>> open(const Options& options);
    explicit Connection(sqlite3* database) : database_(database) {} // for open()
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    /// Runs one of the features' statements: SELECT, INSERT, UPDATE, DELETE and nothing else.
    Result<Outcome> run(std::string_view sql, std::span<const SqlParam> params, Access access);
    /// run() for a SELECT, which hands on its rows where they stand. `take` runs no statement.
    Result<void> for_each(std::string_view sql, std::span<const SqlParam> params, Access access,
                          ReadTx::TakeRow take);
    /// Runs the engine's own statements: BEGIN, PRAGMA, migrations. Several may stand in `sql`.
    Result<void> control(const char* sql);
    Result<Outcome> control_query(std::string_view sql, std::span<const SqlParam> params);
    /// Hands out the rows of the engine's own query one at a time, for more than memory holds.
    using TakeValues = function_ref<Result<void>(std::span<const SqlValue>)>;
    Result<void> control_stream(std::string_view sql, TakeValues take);

    /// False outside BEGIN … COMMIT, and once SQLite has rolled back by itself (a full disk,
    /// RAISE(ROLLBACK)).
    bool in_transaction() const;
    /// Rows changed since the connection was opened, those rolled back included.
    std::int64_t total_changes() const;

private:
    struct CloseDatabase {
        void operator()(sqlite3* database) const;
    };
    struct FinalizeStatement {
        void operator()(sqlite3_stmt* statement) const;
    };
    struct Statement {
        std::unique_ptr<sqlite3_stmt, FinalizeStatement> handle;
        std::vector<std::size_t>
            numbers; // of the parameter at each of SQLite's positions: `$2` is 2
        std::size_t parameter_count = 0;
        bool is_for_upkeep = true; // changes upkeep tables at most
    };
    struct HashText {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const
        {
            return std::hash<std::string_view>{}(text);
        }
    };

    Result<void> configure(const Options& options);
    Result<Statement*> prepare(std::string_view sql);
    Result<Statement*> prepare_for(std::string_view sql, Access access);
    Result<Statement> compile(std::string_view sql);
    Result<void> bind(const Statement& statement, std::span<const SqlParam> params);
    Result<Outcome> run_uncached(std::string_view sql, std::span<const SqlParam> params);
    Result<Outcome> step_to_end(const Statement& statement);
    Error last_error(std::string_view doing) const;
    static int authorize(void* self, int action, const char* name, const char*, const char*,
                         const char*);

    std::unique_ptr<sqlite3, CloseDatabase> database_;
    std::unordered_map<std::string, Statement, HashText, std::equal_to<>> statements_;
    bool trusted_ = true; // while the engine's own statements are prepared
    bool preparing_for_upkeep_ =
        true; // what authorize() found out about the statement being prepared
};

} // namespace keystead::storage
