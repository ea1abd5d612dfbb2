// PostgreSQL's database as rows, by COPY in its binary form (PostgreSQL 15 documentation, COPY,
// "Binary Format"): out of one repeatable-read snapshot, into one transaction that makes the schema
// too.
#include "storage/postgres/connection.h"
#include "storage/postgres/grants.h"
#include "storage/postgres/node_lock.h"
#include "storage/postgres/target.h"
#include "storage/snapshot.h"

#include <algorithm>
#include <utility>

namespace keystead {
namespace {

using storage::column_list;
using storage::NodeLock;
using storage::PgConnection;
using storage::sql_name;
using storage::Target;

constexpr std::string_view kSignature{"PGCOPY\n\377\r\n\0", 11};
constexpr std::size_t kHeadBytes = 19; // signature, flags, length of an extension that is empty
constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

Error internal(std::string cause)
{
    return {.kind = ErrorKind::Internal, .code = "storage/internal", .cause = std::move(cause)};
}

// Columns that the server computes come back by themselves. A type outside the common subset could
// not be written elsewhere: the column is named, and the back-up refused.
constexpr std::string_view kListColumns =
    "SELECT c.relname, a.attname, a.atttypid::bigint IN (20, 25, 17) "
    "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
    "WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') "
    "AND c.relname <> 'schema_migration' AND a.attnum > 0 AND NOT a.attisdropped "
    "AND a.attgenerated = '' ORDER BY c.relname COLLATE \"C\", a.attnum";
constexpr std::string_view kCountRelations =
    "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace";

Result<std::vector<TableShape>> tables_of(PgConnection& connection)
{
    KS_TRY(const auto outcome, connection.run(kListColumns, {}));
    std::vector<TableShape> tables;
    for (const Row& row : outcome.rows) {
        if (!row.flag(2)) {
            return internal("a column's type is outside the common subset: " + row.text(0) + "." +
                            row.text(1));
        }
        if (tables.empty() || tables.back().name != row.text(0)) {
            tables.push_back({row.text(0), {}});
        }
        tables.back().columns.push_back(row.text(1));
    }
    return tables;
}

/// Types of a table's columns, as the server numbers them: COPY does not say them.
Result<std::vector<std::int64_t>> types_of(PgConnection& connection, const TableShape& table)
{
    constexpr std::string_view kTypes =
        "SELECT a.atttypid::bigint FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = $1 "
        "AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum";
    const SqlParam params[] = {table.name};
    KS_TRY(const auto outcome, connection.run(kTypes, params));
    std::vector<std::int64_t> types;
    for (const Row& row : outcome.rows) {
        types.push_back(row.integer(0));
    }
    return types;
}

template <class Integer> void append_integer(std::string& out, Integer value)
{
    const auto bits = static_cast<std::make_unsigned_t<Integer>>(value);
    for (std::size_t byte = sizeof(Integer); byte-- > 0;) {
        out += static_cast<char>(bits >> (8 * byte) & 0xff);
    }
}

template <class Integer> Integer integer_at(const char* bytes)
{
    std::make_unsigned_t<Integer> value = 0;
    for (std::size_t byte = 0; byte < sizeof(Integer); ++byte) {
        value = static_cast<std::make_unsigned_t<Integer>>(value << 8 |
                                                           static_cast<unsigned char>(bytes[byte]));
    }
    return static_cast<Integer>(value);
}

/// Takes the pieces that the server sends, gives whole rows.
class CopyReader {
public:
    CopyReader(std::vector<std::int64_t> types, TakeRow take)
        : types_(std::move(types)), values_(types_.size()), take_(take)
    {
    }

    Result<void> add(ByteView piece)
    {
        buffer_ += as_text(piece);
        std::size_t at = 0;
        if (!head_read_) {
            if (buffer_.size() < kHeadBytes) {
                return {};
            }
            if (!buffer_.starts_with(kSignature) || integer_at<std::int32_t>(&buffer_[15]) != 0) {
                return internal("COPY answered another form than asked for");
            }
            head_read_ = true;
            at = kHeadBytes;
        }
        while (!ended_ && is_whole(at)) {
            KS_CHECK(take_row(at));
        }
        buffer_.erase(0, at);
        return {};
    }

    bool ended() const { return ended_; }

private:
    /// Whether a row, or the end, stands complete from `at`.
    bool is_whole(std::size_t at) const
    {
        if (buffer_.size() < at + 2) {
            return false;
        }
        const auto columns = integer_at<std::int16_t>(&buffer_[at]);
        at += 2;
        for (int column = 0; column < columns; ++column) {
            if (buffer_.size() < at + 4) {
                return false;
            }
            const auto size = integer_at<std::int32_t>(&buffer_[at]);
            at += 4 + static_cast<std::size_t>(std::max(size, 0));
        }
        return buffer_.size() >= at;
    }

    Result<void> take_row(std::size_t& at)
    {
        const auto columns = integer_at<std::int16_t>(&buffer_[at]);
        at += 2;
        if (columns == -1) {
            ended_ = true;
            return {};
        }
        if (static_cast<std::size_t>(columns) != types_.size()) {
            return internal("COPY answered another number of columns");
        }
        for (std::size_t column = 0; column < types_.size(); ++column) {
            const auto size = integer_at<std::int32_t>(&buffer_[at]);
            at += 4;
            const std::string_view bytes =
                size < 0 ? std::string_view{}
                         : std::string_view(buffer_).substr(at, static_cast<std::size_t>(size));
            KS_TRY(values_[column], value_of(types_[column], size, bytes));
            at += bytes.size();
        }
        return take_(values_);
    }

    static Result<SqlValue> value_of(std::int64_t type, std::int32_t size, std::string_view bytes)
    {
        if (size < 0) {
            return SqlValue{};
        }
        if (type == 25) {
            return SqlValue{std::string(bytes)};
        }
        if (type == 17) {
            return SqlValue{to_bytes(as_bytes(bytes))};
        }
        if (type != 20 || bytes.size() != sizeof(std::int64_t)) {
            return internal("COPY answered a value of another type");
        }
        return SqlValue{integer_at<std::int64_t>(bytes.data())};
    }

    const std::vector<std::int64_t> types_;
    std::vector<SqlValue> values_;
    TakeRow take_;
    std::string buffer_;
    bool head_read_ = false;
    bool ended_ = false;
};

class PostgresSnapshot final : public Snapshot {
public:
    explicit PostgresSnapshot(std::unique_ptr<PgConnection> connection)
        : connection_(std::move(connection))
    {
    }

    /// The snapshot is taken by the first query, which happens here.
    Result<void> begin()
    {
        KS_TRY([[maybe_unused]] const auto begun,
               connection_->control("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
                                    "SET LOCAL statement_timeout = 0; "
                                    "SET LOCAL idle_in_transaction_session_timeout = 0"));
        KS_TRY(const auto tables, tables_of(*connection_));
        if (tables.empty()) {
            return Error{ErrorKind::NotFound, "storage/no-database",
                         "There is nothing of Keystead's in this PostgreSQL database."};
        }
        return {};
    }

    Database::Engine engine() const override { return Database::Engine::Postgres; }

    Result<std::vector<storage::AppliedMigration>> list_applied() override
    {
        KS_TRY(const auto outcome, connection_->run(storage::kListApplied, {}));
        std::vector<storage::AppliedMigration> applied;
        for (const Row& row : outcome.rows) {
            applied.push_back({static_cast<int>(row.integer(0)), row.text(1), row.text(2)});
        }
        return applied;
    }

    Result<std::vector<TableShape>> list_tables() override { return tables_of(*connection_); }

    Result<void> for_each_row(const TableShape& table, TakeRow take) override
    {
        KS_TRY(auto types, types_of(*connection_, table));
        CopyReader reader(std::move(types), take);
        KS_CHECK(connection_->copy_out("COPY " + sql_name(table.name) + " (" + column_list(table) +
                                           ") TO STDOUT (FORMAT binary)",
                                       [&](ByteView piece) { return reader.add(piece); }));
        return reader.ended() ? Result<void>{}
                              : Result<void>{internal("COPY ended before its end")};
    }

private:
    std::unique_ptr<PgConnection> connection_;
};

/// Runs migrations inside the one transaction of a restore.
class JoinedMigrations final : public storage::MigrationTarget {
public:
    explicit JoinedMigrations(PgConnection& connection) : connection_(connection) {}

    Result<std::vector<storage::AppliedMigration>> list_applied() override
    {
        KS_TRY([[maybe_unused]] const auto made,
               connection_.control(std::string(storage::kMigrationTable).c_str()));
        return std::vector<storage::AppliedMigration>{};
    }

    Result<void> apply(const Migration& migration, Instant now) override
    {
        const std::string text(migration.postgres.empty() ? migration.sql : migration.postgres);
        KS_TRY([[maybe_unused]] const auto ran, connection_.control(text.c_str()));
        const SqlParam record[] = {migration.number, migration.name, now, migration.checksum};
        KS_TRY([[maybe_unused]] const auto done, connection_.run(storage::kRecordApplied, record));
        return {};
    }

private:
    PgConnection& connection_;
};

class EmptyPostgres final : public EmptyDatabase {
public:
    EmptyPostgres(Target target, const Clock& clock)
        : target_(std::move(target)), clock_(clock), lock_(target_, clock)
    {
    }

    Result<void> make_schema(std::span<const Migration> migrations)
    {
        KS_CHECK(lock_.acquire());
        KS_TRY(connection_, PgConnection::open(target_));
        KS_TRY(const auto counted, connection_->run(kCountRelations, {}));
        if (counted.rows.front().integer(0) != 0) {
            return Error{ErrorKind::Conflict, "storage/not-empty",
                         "The PostgreSQL database holds tables already. Nothing was changed: make "
                         "an empty one first."};
        }
        KS_CHECK(check_may_change_schema(*connection_));
        KS_TRY([[maybe_unused]] const auto begun,
               connection_->control("BEGIN; SET LOCAL statement_timeout = 0; "
                                    "SET LOCAL idle_in_transaction_session_timeout = 0"));
        JoinedMigrations target(*connection_);
        return storage::migrate(target, migrations, SchemaPolicy::Migrate, clock_);
    }

    Result<std::vector<TableShape>> list_tables() override { return tables_of(*connection_); }

    Result<void> begin_table(const TableShape& table) override
    {
        KS_CHECK(end_table());
        KS_TRY([[maybe_unused]] const auto emptied,
               connection_->control(("DELETE FROM " + sql_name(table.name)).c_str()));
        KS_CHECK(connection_->begin_copy_in("COPY " + sql_name(table.name) + " (" +
                                            column_list(table) + ") FROM STDIN (FORMAT binary)"));
        copying_ = true;
        buffer_ = kSignature;
        buffer_.append(kHeadBytes - kSignature.size(), '\0');
        return {};
    }

    Result<void> insert(std::span<const SqlValue> values) override
    {
        append_integer(buffer_, static_cast<std::int16_t>(values.size()));
        for (const SqlValue& value : values) {
            std::visit([this](const auto& held) { append(held); }, value);
        }
        return buffer_.size() < kPieceBytes ? Result<void>{} : send();
    }

    Result<void> finish() override
    {
        KS_CHECK(end_table());
        // A node that was left running must not take the rows of its own term for its database.
        KS_TRY([[maybe_unused]] const auto forgotten,
               connection_->control("DELETE FROM node WHERE name = 'term'"));
        KS_TRY(const std::string tag, connection_->control("COMMIT"));
        if (tag != "COMMIT") {
            return internal("COMMIT rolled back");
        }
        return lock_.release();
    }

private:
    void append(std::monostate) { append_integer(buffer_, std::int32_t{-1}); }
    void append(std::int64_t number)
    {
        append_integer(buffer_, std::int32_t{8});
        append_integer(buffer_, number);
    }
    void append(const std::string& text)
    {
        append_integer(buffer_, static_cast<std::int32_t>(text.size()));
        buffer_ += text;
    }
    void append(const Bytes& bytes)
    {
        append_integer(buffer_, static_cast<std::int32_t>(bytes.size()));
        buffer_ += as_text(bytes);
    }

    Result<void> send()
    {
        const std::string piece = std::exchange(buffer_, {});
        return connection_->copy_in(as_bytes(piece));
    }
    Result<void> end_table()
    {
        if (!std::exchange(copying_, false)) {
            return {};
        }
        append_integer(buffer_, std::int16_t{-1});
        KS_CHECK(send());
        return connection_->end_copy_in();
    }

    const Target target_;
    const Clock& clock_;
    NodeLock lock_;
    std::unique_ptr<PgConnection> connection_; // closed without COMMIT: nothing has happened
    std::string buffer_;
    bool copying_ = false;
};

} // namespace

Result<std::unique_ptr<Snapshot>> open_postgres_snapshot(const std::string& connection)
{
    KS_TRY(const Target target, storage::parse_target(connection));
    KS_TRY(auto opened, PgConnection::open(target));
    auto snapshot = std::make_unique<PostgresSnapshot>(std::move(opened));
    KS_CHECK(snapshot->begin());
    return std::unique_ptr<Snapshot>(std::move(snapshot));
}

Result<std::unique_ptr<EmptyDatabase>> open_empty_postgres(const std::string& connection,
                                                           std::span<const Migration> migrations,
                                                           const Clock& clock)
{
    KS_TRY(Target target, storage::parse_target(connection));
    auto empty = std::make_unique<EmptyPostgres>(std::move(target), clock);
    KS_CHECK(empty->make_schema(migrations));
    return std::unique_ptr<EmptyDatabase>(std::move(empty));
}

} // namespace keystead
