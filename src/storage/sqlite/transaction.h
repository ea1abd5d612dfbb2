// storage/sqlite/transaction.h
//
// The transactions that features see, on one SQLite connection. They begin and end nothing: the writer and the readers'
// pool do.
#pragma once

#include "storage/database.h"
#include "storage/sqlite/connection.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace keystead::storage {

/// What all of them share: the connection, what may be changed, and the first error, which dooms the transaction.
class Statements {
public:
    Statements(Connection& connection, Access access) : connection_(connection), access_(access) {}
    Result<Rows> query(std::string_view sql, std::span<const SqlParam> params)
    {
        KS_TRY(Connection::Outcome outcome, run(sql, params));
        return std::move(outcome.rows);
    }
    Result<int> exec(std::string_view sql, std::span<const SqlParam> params)
    {
        KS_TRY(const Connection::Outcome outcome, run(sql, params));
        return static_cast<int>(outcome.changes);
    }
    const std::optional<Error>& failure() const { return failure_; }
    std::uint64_t count() const { return count_; }

private:
    Result<Connection::Outcome> run(std::string_view sql, std::span<const SqlParam> params)
    {
        if (failure_) {
            // SQLite may have rolled back: whatever ran now would be on its own, and durable.
            return *failure_;
        }
        ++count_;
        auto outcome = connection_.run(sql, params, access_);
        if (!outcome) {
            failure_ = outcome.error();
        }
        return outcome;
    }

    Connection& connection_;
    Access access_;
    std::optional<Error> failure_;
    std::uint64_t count_ = 0;
};

class SqliteReadTx final : public ReadTx {
public:
    explicit SqliteReadTx(Statements& statements) : statements_(statements) {}

private:
    Result<Rows> run_query(std::string_view sql, std::span<const SqlParam> params) override
    {
        return statements_.query(sql, params);
    }
    Statements& statements_;
};

class SqliteWriteTx final : public WriteTx {
public:
    using Actions = std::vector<std::function<void()>>;
    SqliteWriteTx(Statements& statements, Actions& actions) : statements_(statements), actions_(actions) {}
    Result<void> lock(AccountId) override { return {}; } // There is one writer.
    void audit_recorded() override { recorded_ = true; }
    void after_commit(std::function<void()> action) override { actions_.push_back(std::move(action)); }
    bool is_recorded() const { return recorded_; }

private:
    Result<Rows> run_query(std::string_view sql, std::span<const SqlParam> params) override
    {
        return statements_.query(sql, params);
    }
    Result<int> run_exec(std::string_view sql, std::span<const SqlParam> params) override
    {
        return statements_.exec(sql, params);
    }
    Statements& statements_;
    Actions& actions_;
    bool recorded_ = false;
};

class SqliteUpkeepTx final : public UpkeepTx {
public:
    explicit SqliteUpkeepTx(Statements& statements) : statements_(statements) {}

private:
    Result<Rows> run_query(std::string_view sql, std::span<const SqlParam> params) override
    {
        return statements_.query(sql, params);
    }
    Result<int> run_exec(std::string_view sql, std::span<const SqlParam> params) override
    {
        return statements_.exec(sql, params);
    }
    Statements& statements_;
};

} // namespace keystead::storage
