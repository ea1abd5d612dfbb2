// storage/sqlite/statements.h
//
// The statements of one transaction on one SQLite connection: what may be changed, and the first
// error, which dooms it.
#pragma once

#include "storage/database.h"
#include "storage/sqlite/connection.h"

#include <cstdint>
#include <optional>
#include <utility>

namespace keystead::storage {

class SqliteStatements {
public:
    SqliteStatements(Connection& connection, Access access)
        : connection_(connection), access_(access)
    {
    }
    Result<Rows> query(std::string_view sql, std::span<const SqlParam> params)
    {
        KS_TRY(Connection::Outcome outcome, run(sql, params));
        return std::move(outcome.rows);
    }
    /// The Error of `take` is its own, and dooms nothing.
    Result<void> for_each(std::string_view sql, std::span<const SqlParam> params,
                          ReadTx::TakeRow take)
    {
        if (failure_) {
            return *failure_;
        }
        ++count_;
        std::optional<Error> refusal;
        auto walked = connection_.for_each(sql, params, access_, [&](const RowView& row) {
            auto taken = take(row);
            if (!taken) {
                refusal = taken.error();
            }
            return taken;
        });
        if (!walked && !refusal) {
            failure_ = walked.error();
        }
        return walked;
    }
    Result<int> exec(std::string_view sql, std::span<const SqlParam> params)
    {
        KS_TRY(const Connection::Outcome outcome, run(sql, params));
        return static_cast<int>(outcome.changes);
    }
    Result<void> lock(AccountId) { return {}; } // There is one writer.
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

} // namespace keystead::storage
