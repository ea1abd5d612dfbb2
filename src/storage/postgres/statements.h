// storage/postgres/statements.h
//
// The statements of one transaction on one PostgreSQL connection: what may be changed, and the
// first error, which dooms it, as PostgreSQL itself has it.
#pragma once

#include "storage/database.h"
#include "storage/postgres/connection.h"
#include "storage/statement.h"
#include "storage/upkeep_tables.h"

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>

namespace keystead::storage {

class PgStatements {
public:
    PgStatements(PgConnection& connection, Access access) : connection_(connection), access_(access)
    {
    }
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
    Result<void> lock(AccountId account)
    {
        const SqlParam params[] = {account};
        KS_TRY(const Rows rows, query("SELECT 1 FROM account WHERE id = $1 FOR UPDATE", params));
        return {};
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
            failure_ =
                Error{.kind = ErrorKind::Internal,
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
        case StatementKind::Select: return true;
        case StatementKind::Insert:
        case StatementKind::Update:
        case StatementKind::Delete:
            return access_ == Access::Everything ||
                   (access_ == Access::UpkeepTables && is_upkeep_table(summary.table));
        case StatementKind::Other: return false;
        }
        std::abort();
    }

    PgConnection& connection_;
    Access access_;
    std::optional<Error> failure_;
    PgConnection::Trouble trouble_ = PgConnection::Trouble::None;
    std::uint64_t count_ = 0;
    std::int64_t changes_ = 0;
};

} // namespace keystead::storage
