// storage/database.h
//
// The database as features see it: transactions that run a function, and nothing of the engine
// behind it. SQL is written once in the subset both engines speak: BIGINT, TEXT (COLLATE "C" where
// order or uniqueness counts; SQLite has that collation registered), BYTEA, no other types;
// booleans are BIGINT 0/1, times are BIGINT microseconds (to_micros); `$1`… placeholders, by number
// on both engines; RETURNING and ON CONFLICT are fine. Not here: FOR UPDATE (use WriteTx::lock),
// deferred constraints, functions that one engine lacks.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/function_ref.h"
#include "core/id.h"
#include "core/result.h"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace keystead {

/// One SQL value as it is stored. Row keeps these; parameters are views (SqlParam).
using SqlValue = std::variant<std::monostate, std::int64_t, std::string, Bytes>;

/// A parameter: a view of what the caller holds for the length of the call. std::nullopt binds
/// NULL.
class SqlParam {
public:
    using View = std::variant<std::monostate, std::int64_t, std::string_view, ByteView>;
    SqlParam(std::nullopt_t) {}
    template <class T>
    requires std::is_integral_v<T> SqlParam(T value) : view_(static_cast<std::int64_t>(value)) {}
    template <class T>
    requires std::is_enum_v<T> SqlParam(T value)
        : view_(static_cast<std::int64_t>(std::to_underlying(value)))
    {
    }
    SqlParam(Instant value) : view_(to_micros(value)) {}
    SqlParam(std::string_view value) : view_(value) {}
    SqlParam(const std::string& value) : view_(std::string_view(value)) {}
    SqlParam(const char* value) : view_(std::string_view(value)) {}
    SqlParam(ByteView value) : view_(value) {}
    SqlParam(const Bytes& value) : view_(ByteView(value)) {}
    template <std::size_t N>
    SqlParam(const std::array<std::byte, N>& value) : view_(ByteView(value))
    {
    }
    template <class Tag> SqlParam(const Id<Tag>& id) : view_(ByteView(id.bytes())) {}
    template <class T>
    SqlParam(const std::optional<T>& value) : view_(value ? SqlParam(*value).view_ : View{})
    {
    }
    const View& view() const { return view_; }

private:
    View view_;
};

/// What only damage puts into a column: SQLite keeps fractions, too.
struct NoSqlValue {};
/// The same where it stands; ends with the row.
using SqlValueView =
    std::variant<std::monostate, std::int64_t, std::string_view, ByteView, NoSqlValue>;

/// One row of an answer. Asking for a column as what it is not breaks an invariant of ours and ends
/// the process.
class Row {
public:
    explicit Row(std::vector<SqlValue> values) : values_(std::move(values)) {}
    bool is_null(std::size_t column) const
    {
        return std::holds_alternative<std::monostate>(at(column));
    }
    SqlValueView value(std::size_t column) const;
    std::int64_t integer(std::size_t column) const;
    bool flag(std::size_t column) const { return integer(column) != 0; }
    const std::string& text(std::size_t column) const;
    const Bytes& bytes(std::size_t column) const;
    Instant time(std::size_t column) const { return from_micros(integer(column)); }
    template <class IdType> IdType id(std::size_t column) const { return IdType{id_bytes(column)}; }
    std::optional<std::int64_t> optional_integer(std::size_t column) const;
    std::optional<std::string> optional_text(std::size_t column) const;
    std::optional<Instant> optional_time(std::size_t column) const;
    template <class IdType> std::optional<IdType> optional_id(std::size_t column) const
    {
        return is_null(column) ? std::nullopt : std::optional(id<IdType>(column));
    }
    Digest digest(std::size_t column) const; // 32 bytes exactly
    std::size_t size() const { return values_.size(); }

private:
    const SqlValue& at(std::size_t column) const;
    IdBytes id_bytes(std::size_t column) const;
    std::vector<SqlValue> values_;
};

using Rows = std::vector<Row>;

/// One row of an answer where it stands, of which a reader keeps nothing: views end with the row.
/// Asking for a column as what it is not ends the process, as with Row.
class RowView {
public:
    virtual SqlValueView value(std::size_t column) const = 0;
    bool is_null(std::size_t column) const
    {
        return std::holds_alternative<std::monostate>(value(column));
    }
    std::int64_t integer(std::size_t column) const { return as<std::int64_t>(column); }
    std::string_view text(std::size_t column) const { return as<std::string_view>(column); }
    ByteView bytes(std::size_t column) const { return as<ByteView>(column); }
    Instant time(std::size_t column) const { return from_micros(integer(column)); }
    template <class IdType> IdType id(std::size_t column) const { return IdType{id_bytes(column)}; }
    template <class IdType> std::optional<IdType> optional_id(std::size_t column) const
    {
        return is_null(column) ? std::nullopt : std::optional(id<IdType>(column));
    }

protected:
    ~RowView() = default;

private:
    template <class T> T as(std::size_t column) const
    {
        const SqlValueView found = value(column);
        const T* const expected = std::get_if<T>(&found);
        KS_ASSERT(expected != nullptr);
        return *expected;
    }
    IdBytes id_bytes(std::size_t column) const;
};

/// Reads, in one snapshot. Errors of every statement: storage/unavailable, storage/full,
/// storage/conflict (a UNIQUE or other constraint refused; ErrorKind::Conflict), storage/internal.
/// A statement that fails dooms its transaction, as PostgreSQL has it: later ones are refused and
/// nothing commits. Where a conflict is expected, say ON CONFLICT.
class ReadTx {
public:
    virtual ~ReadTx() = default;
    ReadTx() = default;
    ReadTx(const ReadTx&) = delete;
    ReadTx& operator=(const ReadTx&) = delete;
    /// query() for parameters that stand in a list already.
    Result<Rows> query_list(std::string_view sql, std::span<const SqlParam> params)
    {
        return run_query(sql, params);
    }
    template <class... Params> Result<Rows> query(std::string_view sql, const Params&... params)
    {
        const SqlParam list[] = {SqlParam(params)..., SqlParam(std::nullopt)};
        return run_query(sql, std::span(list, sizeof...(Params)));
    }
    /// The only row, or nothing. More than one row breaks an invariant.
    template <class... Params>
    Result<std::optional<Row>> query_one(std::string_view sql, const Params&... params)
    {
        KS_TRY(Rows rows, query(sql, params...));
        KS_ASSERT(rows.size() <= 1);
        if (rows.empty()) {
            return std::optional<Row>{};
        }
        return std::optional<Row>{std::move(rows.front())};
    }
    /// query() for whoever keeps nothing of a row: hands them on one by one, where the engine can
    /// without copying them. `take` must not use this transaction; its Error ends the walk, is
    /// answered, and dooms nothing.
    using TakeRow = function_ref<Result<void>(const RowView&)>;
    template <class... Params>
    Result<void> for_each(std::string_view sql, TakeRow take, const Params&... params)
    {
        const SqlParam list[] = {SqlParam(params)..., SqlParam(std::nullopt)};
        return run_for_each(sql, std::span(list, sizeof...(Params)), take);
    }

protected:
    virtual Result<Rows> run_query(std::string_view sql, std::span<const SqlParam> params) = 0;
    virtual Result<void> run_for_each(std::string_view sql, std::span<const SqlParam> params,
                                      TakeRow take);
};

/// What both kinds of changing transaction can do.
class ChangeTx : public ReadTx {
public:
    /// Runs one statement; answers how many rows it changed.
    template <class... Params> Result<int> exec(std::string_view sql, const Params&... params)
    {
        const SqlParam list[] = {SqlParam(params)..., SqlParam(std::nullopt)};
        return run_exec(sql, std::span(list, sizeof...(Params)));
    }
    /// exec() for parameters that stand in a list already.
    Result<int> exec_list(std::string_view sql, std::span<const SqlParam> params)
    {
        return run_exec(sql, params);
    }

protected:
    virtual Result<int> run_exec(std::string_view sql, std::span<const SqlParam> params) = 0;
};

/// A change together with its audit record: it does not commit changed rows unless audit_recorded()
/// was called.
class WriteTx : public ChangeTx {
public:
    /// Locks the account's row until the end (SELECT … FOR UPDATE; nothing to do on SQLite), so
    /// that counted limits hold. An unknown account is no error.
    virtual Result<void> lock(AccountId account) = 0;
    /// Called by the audit log, and by nobody else, when it has appended a record in this
    /// transaction.
    virtual void audit_recorded() = 0;
    /// Runs after a durable commit, before write() returns, on the committing thread. For cache
    /// epochs and wake-ups: must not block, throw or use this transaction. Dropped when the
    /// transaction rolls back or runs again, but not where a lost COMMIT leaves that open.
    virtual void after_commit(std::function<void()> action) = 0;
};

/// Upkeep (last active, usage counts, outbox state, leases, sweeps): only tables in
/// storage/upkeep_tables.txt.
class UpkeepTx : public ChangeTx {};

/// A database. All calls block; none may be made while this thread is inside a transaction.
class Database {
public:
    virtual ~Database() = default;
    Database() = default;
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    enum class Engine : std::uint8_t { Sqlite, Postgres };
    virtual Engine engine() const = 0;

    /// Whether the database answers and is still this node's alone. Errors: storage/unavailable,
    /// storage/lock-lost. PostgreSQL: takes the node's lock again if its connection was lost; until
    /// then all transactions are refused.
    virtual Result<void> health() = 0;
    /// Whether what memory holds of the data may be answered from: not once the node's lock was
    /// lost, nor when it has not been seen held for some seconds. Any thread, at little cost.
    virtual bool may_answer_from_memory() const = 0;

    /// Runs on SQLite inside the transaction of every batch in which an audit record was appended,
    /// once, right before its COMMIT; its Error rolls the batch back. PostgreSQL has no batches: a
    /// job numbers there. Set before serving.
    virtual void set_before_commit(std::function<Result<void>(WriteTx&)> hook) = 0;

    enum class Maintenance : std::uint8_t {
        RestoreReserve, // Makes the 16 MiB again that a full disk's essential writes took.
        TruncateLog,    // After an erasure: what was erased leaves the write-ahead log too.
        Optimize,       // Refreshes the planner's statistics where they are stale.
    };
    /// Work for jobs, outside any transaction. Does nothing where the engine needs none.
    virtual Result<void> maintain(Maintenance task) = 0;

    /// Runs `fn(ReadTx&)`, which returns a Result, in one read transaction.
    template <class Fn> auto read(Fn&& fn) -> std::invoke_result_t<Fn&, ReadTx&>
    {
        std::optional<std::invoke_result_t<Fn&, ReadTx&>> answer;
        auto outcome = run_read([&](ReadTx& tx) -> Result<void> { return keep(answer, fn(tx)); });
        return take(std::move(answer), std::move(outcome));
    }
    /// Runs `fn(WriteTx&)` and returns its Result once the changes are durable. An Error rolls
    /// back. `fn` may run more than once: it touches nothing but the transaction and moves nothing
    /// out of its captures.
    template <class Fn> auto write(Fn&& fn) -> std::invoke_result_t<Fn&, WriteTx&>
    {
        std::optional<std::invoke_result_t<Fn&, WriteTx&>> answer;
        auto outcome = run_write([&](WriteTx& tx) -> Result<void> { return keep(answer, fn(tx)); });
        return take(std::move(answer), std::move(outcome));
    }
    /// write() for what must succeed on a full disk: revocations and sign-out. It may use up the
    /// reserve of 16 MiB.
    template <class Fn> auto write_essential(Fn&& fn) -> std::invoke_result_t<Fn&, WriteTx&>
    {
        std::optional<std::invoke_result_t<Fn&, WriteTx&>> answer;
        auto outcome =
            run_write_essential([&](WriteTx& tx) -> Result<void> { return keep(answer, fn(tx)); });
        return take(std::move(answer), std::move(outcome));
    }
    template <class Fn> auto upkeep(Fn&& fn) -> std::invoke_result_t<Fn&, UpkeepTx&>
    {
        std::optional<std::invoke_result_t<Fn&, UpkeepTx&>> answer;
        auto outcome =
            run_upkeep([&](UpkeepTx& tx) -> Result<void> { return keep(answer, fn(tx)); });
        return take(std::move(answer), std::move(outcome));
    }

protected:
    virtual Result<void> run_read(function_ref<Result<void>(ReadTx&)> fn) = 0;
    virtual Result<void> run_write(function_ref<Result<void>(WriteTx&)> fn) = 0;
    virtual Result<void> run_write_essential(function_ref<Result<void>(WriteTx&)> fn) = 0;
    virtual Result<void> run_upkeep(function_ref<Result<void>(UpkeepTx&)> fn) = 0;

private:
    template <class T> static Result<void> keep(std::optional<Result<T>>& slot, Result<T> result)
    {
        slot.emplace(std::move(result));
        if (!*slot) {
            return slot->error();
        }
        return {};
    }
    template <class T> static Result<T> take(std::optional<Result<T>> slot, Result<void> outcome)
    {
        if (!outcome) {
            return std::move(outcome).error();
        }
        KS_ASSERT(slot.has_value());
        return std::move(*slot);
    }
};

/// Asserts that this thread is inside no transaction: called by whatever hashes, goes out or
/// touches files.
void assert_no_transaction();

} // namespace keystead
