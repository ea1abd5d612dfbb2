// storage/sqlite/migration_target.h
//
// Runs migrations on one SQLite connection: each in a transaction with its line in
// schema_migration.
#pragma once

#include "storage/migrations.h"
#include "storage/sqlite/connection.h"

#include <string>
#include <utility>
#include <vector>

namespace keystead::storage {

class SqliteMigrationTarget final : public MigrationTarget {
public:
    explicit SqliteMigrationTarget(Connection& connection) : connection_(connection) {}

    Result<std::vector<AppliedMigration>> list_applied() override
    {
        KS_CHECK(connection_.control(std::string(kMigrationTable).c_str()));
        KS_TRY(const auto outcome, connection_.control_query(kListApplied, {}));
        std::vector<AppliedMigration> applied;
        for (const Row& row : outcome.rows) {
            applied.push_back({static_cast<int>(row.integer(0)), row.text(1), row.text(2)});
        }
        return applied;
    }

    Result<void> apply(const Migration& migration, Instant now) override
    {
        KS_CHECK(connection_.control("BEGIN IMMEDIATE"));
        auto outcome = run_and_record(migration, now);
        if (!outcome && connection_.in_transaction()) {
            KS_CHECK(connection_.control("ROLLBACK"));
        }
        return outcome;
    }

private:
    Result<void> run_and_record(const Migration& migration, Instant now)
    {
        KS_CHECK(connection_.control(std::string(migration.sql).c_str()));
        const SqlParam record[] = {migration.number, migration.name, now, migration.checksum};
        KS_CHECK(discard(connection_.control_query(kRecordApplied, record)));
        return connection_.control("COMMIT");
    }
    static Result<void> discard(Result<Connection::Outcome> outcome)
    {
        return outcome ? Result<void>{} : Result<void>{std::move(outcome).error()};
    }

    Connection& connection_;
};

} // namespace keystead::storage
