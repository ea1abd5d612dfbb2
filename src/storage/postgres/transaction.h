// storage/postgres/transaction.h
//
// The transactions that features see, on one PostgreSQL connection. postgres_database.cpp begins and ends them.
#pragma once

#include "storage/database.h"
#include "storage/postgres/connection.h"
#include "storage/statement.h"
#include "storage/upkeep_tables.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace keystead::storage {

enum class PgAccess : std::uint8_t { Nothing, UpkeepTables, Everything };

/// What all of them share. The first error dooms the transaction: PostgreSQL itself refuses everything after it.
class PgStatements {
public:
    PgStatements(PgConnection& connection, PgAccess access) : connection_(connection), access_(access) {}
    Result<Rows> query(std::string_view sql, std::span<const SqlParam> params)
    {
        KS_TRY(PgConnection::Outcome outcome, run(sql, params));
        return std::move(outcome.rows);
    }
    Result<int> exec(std::string_view sql, std::span<const SqlParam> params)
    {
        const bool is_change = summarize(sql).kind != StatementKind::Select;
        KS_TRY(const PgConnection::Outcome outcome, run(sql, params));
        return is_change ? static_cast<int>(outcome.changes) : 0;
    }
    const std::optional<Error>& failure() const { return failure_; }
    PgConnection::Trouble trouble() const { return trouble_; }
    std::uint64_t count() const { return count_; }
    bool has_changed() const { return changes_ > 0; }

private:
    Result<PgConnection::Outcome> run(std::string_view sql, std::span<const SqlParam> params)
    {
        if (failure_) {
            return *failure_;
        }
        ++count_;
        const StatementSummary summary = summarize(sql);
        if (!may_run(summary)) {
            failure_ = Error{.kind = ErrorKind::Internal,
                             .code = "storage/internal",
                             .cause = "no statement that this transaction may run: " + std::string(sql)};
            trouble_ = PgConnection::Trouble::Statement;
            return *failure_;
        }
        auto outcome = connection_.run(sql, params);
        if (!outcome) {
            failure_ = outcome.error();
            trouble_ = connection_.trouble();
        } else if (summary.kind != StatementKind::Select) {
            changes_ += outcome->changes;
        }
        return outcome;
    }
    bool may_run(const StatementSummary& summary) const
    {
        switch (summary.kind) {
        case StatementKind::Select:
            return true;
        case StatementKind::Insert:
        case StatementKind::Update:
        case StatementKind::Delete:
            return access_ == PgAccess::Everything ||
                   (access_ == PgAccess::UpkeepTables && is_upkeep_table(summary.table));
        case StatementKind::Other:
            return false;
        }
        std::abort();
    }

    PgConnection& connection_;
    PgAccess access_;
    std::optional<Error> failure_;
    PgConnection::Trouble trouble_ = PgConnection::Trouble::None;
    std::uint64_t count_ = 0;
    std::int64_t changes_ = 0;
};

class PgReadTx final : public ReadTx {
public:
    explicit PgReadTx(PgStatements& statements) : statements_(statements) {}

private:
    Result<Rows> run_query(std::string_view sql, std::span<const SqlParam> params) override
    {
        return statements_.query(sql, params);
    }
    PgStatements& statements_;
};

class PgWriteTx final : public WriteTx {
public:
    using Actions = std::vector<std::function<void()>>;
    PgWriteTx(PgStatements& statements, Actions& actions) : statements_(statements), actions_(actions) {}
    Result<void> lock(AccountId account) override
    {
        const SqlParam params[] = {account};
        KS_TRY(const Rows rows, statements_.query("SELECT 1 FROM account WHERE id = $1 FOR UPDATE", params));
        return {};
    }
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
    PgStatements& statements_;
    Actions& actions_;
    bool recorded_ = false;
};

class PgUpkeepTx final : public UpkeepTx {
public:
    explicit PgUpkeepTx(PgStatements& statements) : statements_(statements) {}

private:
    Result<Rows> run_query(std::string_view sql, std::span<const SqlParam> params) override
    {
        return statements_.query(sql, params);
    }
    Result<int> run_exec(std::string_view sql, std::span<const SqlParam> params) override
    {
        return statements_.exec(sql, params);
    }
    PgStatements& statements_;
};

} // namespace keystead::storage
