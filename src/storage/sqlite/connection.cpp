#include "storage/sqlite/connection.h"

#include "storage/upkeep_tables.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace keystead::storage {
namespace {

constexpr std::size_t kStatementsMax = 512;
constexpr auto kRetryAfter = std::chrono::seconds{5};

int compare_bytes(void*, int left_bytes, const void* left, int right_bytes, const void* right)
{
    const auto common = static_cast<std::size_t>(std::min(left_bytes, right_bytes));
    const int order = common == 0 ? 0 : std::memcmp(left, right, common);
    return order != 0 ? order : left_bytes - right_bytes;
}

Error internal(std::string cause)
{
    return Error{
        .kind = ErrorKind::Internal, .code = "storage/internal", .cause = std::move(cause)};
}

/// 2 for "$2"; 0 for whatever is no number.
std::size_t parameter_number(const char* name)
{
    std::size_t number = 0;
    if (name != nullptr && *name == '$') {
        const char* end = name + std::strlen(name);
        if (const auto parsed = std::from_chars(name + 1, end, number); parsed.ptr != end) {
            number = 0;
        }
    }
    return number;
}

/// Resets a statement after use: it must hold neither a read lock nor the caller's bytes.
class ResetLater {
public:
    explicit ResetLater(sqlite3_stmt* statement) : statement_(statement) {}
    ResetLater(const ResetLater&) = delete;
    ResetLater& operator=(const ResetLater&) = delete;
    ~ResetLater()
    {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }

private:
    sqlite3_stmt* statement_;
};

/// The row that a statement stands at.
class StatementRow final : public RowView {
public:
    explicit StatementRow(sqlite3_stmt* statement) : statement_(statement) {}
    SqlValueView value(std::size_t column) const override
    {
        // Asked for by its value, a column is looked up and checked once instead of three times.
        // Such a value is not safe for use by several threads, which no connection of ours is.
        sqlite3_value* const found = sqlite3_column_value(statement_, static_cast<int>(column));
        const auto size = [&] { return static_cast<std::size_t>(sqlite3_value_bytes(found)); };
        switch (sqlite3_value_type(found)) {
        case SQLITE_NULL: return std::monostate{};
        case SQLITE_INTEGER: return std::int64_t{sqlite3_value_int64(found)};
        case SQLITE_TEXT: {
            const auto* const text = reinterpret_cast<const char*>(sqlite3_value_text(found));
            KS_ASSERT(text != nullptr); // no memory
            return std::string_view(text, size());
        }
        case SQLITE_BLOB: {
            const auto* const bytes = static_cast<const std::byte*>(sqlite3_value_blob(found));
            return ByteView(bytes, size());
        }
        default: return NoSqlValue{};
        }
    }

private:
    sqlite3_stmt* statement_;
};

struct BindValue {
    sqlite3_stmt* statement;
    int position;
    int operator()(std::monostate) const { return sqlite3_bind_null(statement, position); }
    int operator()(std::int64_t value) const
    {
        return sqlite3_bind_int64(statement, position, value);
    }
    int operator()(std::string_view value) const
    {
        if (value.find('\0') != value.npos) {
            return SQLITE_MISUSE; // PostgreSQL has no NUL in TEXT.
        }
        // A null pointer would bind NULL, not the empty text.
        const char* data = value.data() == nullptr ? "" : value.data();
        return sqlite3_bind_text64(statement, position, data, value.size(), SQLITE_STATIC,
                                   SQLITE_UTF8);
    }
    int operator()(ByteView value) const
    {
        if (value.empty()) {
            return sqlite3_bind_zeroblob(statement, position, 0);
        }
        return sqlite3_bind_blob64(statement, position, value.data(), value.size(), SQLITE_STATIC);
    }
};

/// Keeps a column of the row at hand in `value`, without a copy on the way.
Result<void> keep(const SqlValueView& found, SqlValue& value)
{
    if (const auto* const number = std::get_if<std::int64_t>(&found)) {
        value.emplace<std::int64_t>(*number);
    } else if (const auto* const text = std::get_if<std::string_view>(&found)) {
        value.emplace<std::string>(*text);
    } else if (const auto* const bytes = std::get_if<ByteView>(&found)) {
        value.emplace<Bytes>(bytes->begin(), bytes->end());
    } else if (std::holds_alternative<std::monostate>(found)) {
        value.emplace<std::monostate>();
    } else {
        return internal("a column is a floating-point number");
    }
    return {};
}

} // namespace

void Connection::CloseDatabase::operator()(sqlite3* database) const
{
    sqlite3_close_v2(database);
}
void Connection::FinalizeStatement::operator()(sqlite3_stmt* statement) const
{
    sqlite3_finalize(statement);
}

Connection::~Connection() = default;

Result<std::unique_ptr<Connection>> Connection::open(const Options& options)
{
    sqlite3* raw = nullptr;
    const int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int status = sqlite3_open_v2(options.file.c_str(), &raw, flags, nullptr);
    auto connection = std::make_unique<Connection>(raw);
    if (status != SQLITE_OK) {
        return Error{.kind = ErrorKind::Unavailable,
                     .code = "storage/unavailable",
                     .cause =
                         "cannot open " + options.file.string() + ": " + sqlite3_errstr(status)};
    }
    KS_CHECK(connection->configure(options));
    return connection;
}

Result<void> Connection::configure(const Options& options)
{
    sqlite3* const database = database_.get();
    sqlite3_busy_timeout(database,
                         1000); // Nobody but a backup or an operator's shell is in the way.
    sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    sqlite3_create_collation(database, "C", SQLITE_UTF8, nullptr, &compare_bytes);
    sqlite3_set_authorizer(database, &Connection::authorize, this);
    // Memory: small private caches, since the file is mapped, as far as SQLite maps any (2 GiB).
    // Temporary data never reaches the disk.
    KS_CHECK(
        control("PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=2147418112"));
    if (options.role == Role::Reader) {
        return control("PRAGMA query_only=ON; PRAGMA cache_size=-256");
    }
    KS_TRY(const Outcome mode, control_query("PRAGMA journal_mode=WAL", {}));
    if (mode.rows.size() != 1 || mode.rows.front().text(0) != "wal") {
        return internal("the file system does not support a write-ahead log");
    }
    // FULL: COMMIT returns after fdatasync of the log, which is what "durable" promises. The log is
    // copied back at 4 MiB and cut to 16 MiB.
    KS_CHECK(control("PRAGMA secure_delete=ON; PRAGMA cache_size=-2048; PRAGMA "
                     "wal_autocheckpoint=1024; PRAGMA analysis_limit=400; "
                     "PRAGMA journal_size_limit=16777216"));
    KS_CHECK(control(options.durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=OFF"));
    if (options.pages_max != 0) {
        KS_CHECK(control(("PRAGMA max_page_count=" + std::to_string(options.pages_max)).c_str()));
    }
    return {};
}

int Connection::authorize(void* self, int action, const char* name, const char*, const char*,
                          const char*)
{
    auto& connection = *static_cast<Connection*>(self);
    if (connection.trusted_) {
        return SQLITE_OK;
    }
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
        connection.preparing_for_upkeep_ =
            connection.preparing_for_upkeep_ && is_upkeep_table(name);
        return SQLITE_OK;
    default: // A feature that says COMMIT or PRAGMA would break the transaction that it shares with
             // others.
        return SQLITE_DENY;
    }
}

Error Connection::last_error(std::string_view doing) const
{
    sqlite3* const database = database_.get();
    const int extended = sqlite3_extended_errcode(database);
    std::string cause = std::string(doing) + ": " + sqlite3_errmsg(database) + " (" +
                        std::to_string(extended) + ")";
    switch (extended & 0xff) {
    case SQLITE_CONSTRAINT:
        return {.kind = ErrorKind::Conflict, .code = "storage/conflict", .cause = std::move(cause)};
    case SQLITE_FULL:
        return {ErrorKind::Unavailable, "storage/full", {}, std::move(cause), kRetryAfter};
    case SQLITE_IOERR:
        if (const int error = sqlite3_system_errno(database); error == ENOSPC || error == EDQUOT) {
            return {ErrorKind::Unavailable, "storage/full", {}, std::move(cause), kRetryAfter};
        }
        return {ErrorKind::Unavailable, "storage/unavailable", {}, std::move(cause), kRetryAfter};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
        return {ErrorKind::Unavailable, "storage/unavailable", {}, std::move(cause), kRetryAfter};
    default: // Wrong SQL, a damaged file, misuse: nothing that trying again would cure.
        return internal(std::move(cause));
    }
}

Result<void> Connection::control(const char* sql)
{
    trusted_ = true;
    const int status = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
    trusted_ = false;
    if (status != SQLITE_OK) {
        return last_error(std::string_view(sql).substr(0, 60));
    }
    return {};
}

Result<Connection::Outcome> Connection::control_query(std::string_view sql,
                                                      std::span<const SqlParam> params)
{
    trusted_ = true; // To the last step: PRAGMA optimize compiles statements of its own there.
    auto outcome = run_uncached(sql, params);
    trusted_ = false;
    return outcome;
}

Result<void> Connection::control_stream(std::string_view sql, TakeValues take)
{
    trusted_ = true;
    auto compiled = compile(sql);
    trusted_ = false;
    KS_TRY(const Statement statement, std::move(compiled));
    sqlite3_stmt* const handle = statement.handle.get();
    std::vector<SqlValue> values(static_cast<std::size_t>(sqlite3_column_count(handle)));
    const StatementRow row(handle);
    int status = sqlite3_step(handle);
    for (; status == SQLITE_ROW; status = sqlite3_step(handle)) {
        for (std::size_t column = 0; column < values.size(); ++column) {
            KS_CHECK(keep(row.value(column), values[column]));
        }
        KS_CHECK(take(values));
    }
    return status == SQLITE_DONE ? Result<void>{} : Result<void>{last_error(sql)};
}

Result<Connection::Outcome> Connection::run_uncached(std::string_view sql,
                                                     std::span<const SqlParam> params)
{
    KS_TRY(const Statement statement, compile(sql));
    KS_CHECK(bind(statement, params));
    return step_to_end(statement);
}

Result<Connection::Outcome> Connection::run(std::string_view sql, std::span<const SqlParam> params,
                                            Access access)
{
    KS_TRY(const Statement* const statement, prepare_for(sql, access));
    const ResetLater reset(statement->handle.get());
    KS_CHECK(bind(*statement, params));
    return step_to_end(*statement);
}

Result<void> Connection::for_each(std::string_view sql, std::span<const SqlParam> params,
                                  Access access, ReadTx::TakeRow take)
{
    KS_TRY(const Statement* const statement, prepare_for(sql, access));
    const ResetLater reset(statement->handle.get());
    KS_CHECK(bind(*statement, params));
    const StatementRow row(statement->handle.get());
    int status = sqlite3_step(statement->handle.get());
    for (; status == SQLITE_ROW; status = sqlite3_step(statement->handle.get())) {
        KS_CHECK(take(row));
    }
    return status == SQLITE_DONE ? Result<void>{} : Result<void>{last_error(sql)};
}

Result<Connection::Statement*> Connection::prepare_for(std::string_view sql, Access access)
{
    KS_TRY(Statement* const statement, prepare(sql));
    if (access != Access::Everything && !statement->is_for_upkeep) {
        return internal("no table that this transaction may change: " + std::string(sql));
    }
    return statement;
}

Result<Connection::Statement*> Connection::prepare(std::string_view sql)
{
    if (const auto found = statements_.find(sql); found != statements_.end()) {
        return &found->second;
    }
    KS_TRY(Statement statement, compile(sql));
    if (statements_.size() >= kStatementsMax) {
        statements_.clear();
    }
    return &statements_.emplace(std::string(sql), std::move(statement)).first->second;
}

Result<Connection::Statement> Connection::compile(std::string_view sql)
{
    Statement statement;
    preparing_for_upkeep_ = true;
    sqlite3_stmt* raw = nullptr;
    const char* tail = nullptr;
    const int status = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &raw, &tail);
    statement.handle.reset(raw);
    if (status != SQLITE_OK) {
        return last_error(sql);
    }
    if (raw == nullptr || tail != sql.data() + sql.size()) {
        return internal("not exactly one statement: " + std::string(sql));
    }
    statement.is_for_upkeep = preparing_for_upkeep_;
    const int positions = sqlite3_bind_parameter_count(raw);
    for (int position = 1; position <= positions; ++position) {
        const std::size_t number = parameter_number(sqlite3_bind_parameter_name(raw, position));
        if (number == 0) {
            return internal("a parameter is not $1, $2, …: " + std::string(sql));
        }
        statement.numbers.push_back(number);
        statement.parameter_count = std::max(statement.parameter_count, number);
    }
    return statement;
}

Result<void> Connection::bind(const Statement& statement, std::span<const SqlParam> params)
{
    // SQLite numbers `$2` by where it first appears, PostgreSQL by what it says: the name decides
    // here too.
    if (params.size() != statement.parameter_count) {
        return internal(std::string("wrong count of parameters: ") +
                        sqlite3_sql(statement.handle.get()));
    }
    for (std::size_t position = 0; position < statement.numbers.size(); ++position) {
        const SqlParam& param = params[statement.numbers[position] - 1];
        const int status = std::visit(
            BindValue{statement.handle.get(), static_cast<int>(position) + 1}, param.view());
        if (status != SQLITE_OK) {
            return internal(std::string("cannot bind a parameter of: ") +
                            sqlite3_sql(statement.handle.get()));
        }
    }
    return {};
}

Result<Connection::Outcome> Connection::step_to_end(const Statement& statement)
{
    sqlite3_stmt* const handle = statement.handle.get();
    Outcome outcome;
    const auto columns = static_cast<std::size_t>(sqlite3_column_count(handle));
    const StatementRow row(handle);
    int status = sqlite3_step(handle);
    for (; status == SQLITE_ROW; status = sqlite3_step(handle)) {
        std::vector<SqlValue> values;
        values.reserve(columns);
        for (std::size_t column = 0; column < columns; ++column) {
            KS_CHECK(keep(row.value(column), values.emplace_back()));
        }
        outcome.rows.emplace_back(std::move(values));
    }
    if (status != SQLITE_DONE) {
        return last_error(sqlite3_sql(handle));
    }
    outcome.changes = sqlite3_stmt_readonly(handle) != 0 ? 0 : sqlite3_changes64(database_.get());
    return outcome;
}

bool Connection::in_transaction() const
{
    return sqlite3_get_autocommit(database_.get()) == 0;
}
std::int64_t Connection::total_changes() const
{
    return sqlite3_total_changes64(database_.get());
}

} // namespace keystead::storage
