// The engine for when one machine is outgrown: each function is a transaction of its own, run again
// where PostgreSQL says that the same may succeed (40001, 40P01), and once where the connection was
// lost before COMMIT was sent.
#include "storage/engine_transaction.h"
#include "storage/migrations.h"
#include "storage/open.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/grants.h"
#include "storage/postgres/node_lock.h"
#include "storage/postgres/pool.h"
#include "storage/postgres/statements.h"
#include "storage/postgres/target.h"
#include "storage/statistics.h"
#include "storage/transaction_scope.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace keystead {
namespace {

using storage::Access;
using storage::NodeLock;
using storage::PgConnection;
using storage::PgStatements;
using storage::Pool;
using PgWriteTx = storage::EngineWriteTx<PgStatements>;
using Trouble = PgConnection::Trouble;

constexpr int kRetriesMax = 10;
constexpr std::uint32_t kConnectionsMax = 16; // More are slower, measured on two cores.

class PostgresMigrationTarget final : public storage::MigrationTarget {
public:
    explicit PostgresMigrationTarget(PgConnection& connection) : connection_(connection) {}

    Result<std::vector<storage::AppliedMigration>> list_applied() override
    {
        // A role that may not change the schema may not say IF NOT EXISTS either.
        KS_TRY(const auto there, connection_.run("SELECT to_regclass('schema_migration') IS NOT "
                                                 "NULL",
                                                 {}));
        if (!there.rows[0].flag(0)) {
            KS_TRY([[maybe_unused]] const std::string tag,
                   connection_.control(std::string(storage::kMigrationTable).c_str()));
        }
        KS_TRY(const auto outcome, connection_.run(storage::kListApplied, {}));
        std::vector<storage::AppliedMigration> applied;
        for (const Row& row : outcome.rows) {
            applied.push_back({static_cast<int>(row.integer(0)), row.text(1), row.text(2)});
        }
        return applied;
    }

    Result<void> apply(const Migration& migration, Instant now) override
    {
        KS_CHECK(storage::check_may_change_schema(connection_));
        auto outcome = run_and_record(migration, now);
        if (!outcome) {
            // A connection that does not come back from this is closed by its lease, which rolls
            // back too.
            static_cast<void>(connection_.control("ROLLBACK").has_value());
        }
        return outcome;
    }

private:
    Result<void> run_and_record(const Migration& migration, Instant now)
    {
        const std::string text(migration.postgres.empty() ? migration.sql : migration.postgres);
        KS_TRY(const std::string begun,
               connection_.control("BEGIN; SET LOCAL statement_timeout = 0"));
        KS_TRY(const std::string ran, connection_.control(text.c_str()));
        const SqlParam record[] = {migration.number, migration.name, now, migration.checksum};
        KS_TRY(const auto recorded, connection_.run(storage::kRecordApplied, record));
        KS_TRY(const std::string committed, connection_.control("COMMIT"));
        return {};
    }

    PgConnection& connection_;
};

/// Waits 1, 2, 4, … 64 ms, so that whoever is in the way can finish.
void back_off(int retry)
{
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, std::chrono::milliseconds(1 << std::min(retry, 6)), [] { return false; });
}

class PostgresDatabase final : public Database {
public:
    PostgresDatabase(storage::Target target, std::uint32_t connections, const Clock& clock)
        : lock_(target, clock),
          pool_(std::move(target), std::clamp(connections, 1U, kConnectionsMax))
    {
    }

    Result<void> start(const PostgresOptions& options)
    {
        KS_CHECK(lock_.acquire());
        {
            KS_TRY(const Pool::Lease lease, pool_.take());
            PostgresMigrationTarget target(*lease);
            KS_CHECK(storage::migrate(target, options.migrations, options.schema, options.clock));
        }
        return lock_.begin_term(options.clock.now());
    }

    Engine engine() const override { return Engine::Postgres; }
    Result<void> health() override
    {
        assert_no_transaction();
        return lock_.verify();
    }
    bool may_answer_from_memory() const override { return lock_.is_surely_held(); }
    void set_before_commit(std::function<Result<void>(WriteTx&)>) override {}
    Result<void> maintain(Maintenance) override { return {}; } // The server has autovacuum.

private:
    /// One run of a transaction: what it came to, and whether nothing of it has happened and
    /// another may.
    struct Attempt {
        Result<void> outcome;
        Trouble trouble = Trouble::None;
        bool may_have_committed = false; // the connection was lost between COMMIT and its answer
    };

    Result<void> run_read(function_ref<Result<void>(ReadTx&)> fn) override
    {
        return repeat([&](PgConnection& connection) {
            PgStatements statements(connection, Access::Nothing);
            storage::EngineReadTx<PgStatements> tx(statements);
            return attempt(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                           statements, [&] { return fn(tx); });
        });
    }

    Result<void> run_write(function_ref<Result<void>(WriteTx&)> fn) override
    {
        storage::Actions actions;
        bool may_have_committed = false;
        auto outcome = repeat([&](PgConnection& connection) {
            actions.clear();
            PgStatements statements(connection, Access::Everything);
            PgWriteTx tx(statements, actions);
            auto tried = attempt(connection, kBegin, statements, [&]() -> Result<void> {
                KS_CHECK(fn(tx));
                return check_audit_rule(statements, tx);
            });
            may_have_committed = tried.may_have_committed;
            return tried;
        });
        // Where nobody knows whether it was committed, memory must not go on believing in what may
        // be revoked: forgetting too much costs a read.
        if (outcome || may_have_committed) {
            for (const auto& action : actions) {
                action();
            }
        }
        return outcome;
    }

    /// The server keeps no reserve of ours.
    Result<void> run_write_essential(function_ref<Result<void>(WriteTx&)> fn) override
    {
        return run_write(fn);
    }

    Result<void> run_upkeep(function_ref<Result<void>(UpkeepTx&)> fn) override
    {
        return repeat([&](PgConnection& connection) {
            PgStatements statements(connection, Access::UpkeepTables);
            storage::EngineUpkeepTx<PgStatements> tx(statements);
            return attempt(connection, kBegin, statements, [&] { return fn(tx); });
        });
    }

    static Result<void> check_audit_rule(const PgStatements& statements, const PgWriteTx& tx)
    {
#ifndef KEYSTEAD_WITHOUT_AUDIT_RULE
        if (statements.has_changed() && !tx.is_recorded()) {
            return Error{.kind = ErrorKind::Internal,
                         .code = "storage/internal",
                         .cause = "audit rule: a write changed rows without appending a record"};
        }
#else
        static_cast<void>(statements);
        static_cast<void>(tx);
#endif
        return {};
    }

    /// Runs attempts until one is final.
    Result<void> repeat(function_ref<Attempt(PgConnection&)> run_once)
    {
        assert_no_transaction();
        bool was_lost = false;
        for (int retry = 0;; ++retry) {
            if (!lock_.is_held()) {
                return Error{
                    ErrorKind::Unavailable, "storage/lock-lost", {}, {}, std::chrono::seconds{5}};
            }
            KS_TRY(const Pool::Lease lease, pool_.take());
            Attempt attempt = run_once(*lease);
            if (attempt.trouble == Trouble::Retry && retry < kRetriesMax) {
                back_off(retry);
                continue;
            }
            if (attempt.trouble == Trouble::Lost) {
                // What struck this connection may have struck them all, the lock's too.
                pool_.drop_idle();
                const auto verified = lock_.verify();
                if (verified && !was_lost) {
                    was_lost = true;
                    continue;
                }
            }
            return std::move(attempt.outcome);
        }
    }

    static Attempt attempt(PgConnection& connection, const char* begin,
                           const PgStatements& statements, function_ref<Result<void>()> fn)
    {
        if (auto begun = connection.control(begin); !begun) {
            return {std::move(begun).error(), connection.trouble()};
        }
        Result<void> outcome = [&] {
            const storage::TransactionScope scope;
            return fn();
        }();
        storage::count_statements(statements.count());
        if (statements.failure()) {
            roll_back(connection);
            return {outcome ? Result<void>(*statements.failure()) : std::move(outcome),
                    statements.trouble()};
        }
        if (!outcome) {
            roll_back(connection);
            return {std::move(outcome)};
        }
        return commit(connection);
    }

    static Attempt commit(PgConnection& connection)
    {
        auto committed = connection.control("COMMIT");
        if (!committed) {
            // Whether a COMMIT that was sent took place nobody knows: running again might do the
            // work twice.
            const bool may_repeat = connection.trouble() == Trouble::Retry;
            return {std::move(committed).error(), may_repeat ? Trouble::Retry : Trouble::None,
                    connection.trouble() == Trouble::Lost};
        }
        if (*committed != "COMMIT") {
            return {Error{.kind = ErrorKind::Internal,
                          .code = "storage/internal",
                          .cause = "COMMIT rolled back"}};
        }
        return {};
    }

    /// A connection on which this fails is closed by its lease.
    static void roll_back(PgConnection& connection)
    {
        static_cast<void>(connection.control("ROLLBACK").has_value());
    }

    static constexpr const char* kBegin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

    NodeLock lock_;
    Pool pool_;
};

} // namespace

Result<std::unique_ptr<Database>> open_postgres(const PostgresOptions& options)
{
    KS_TRY(storage::Target target, storage::parse_target(options.connection));
    auto database =
        std::make_unique<PostgresDatabase>(std::move(target), options.connections, options.clock);
    KS_CHECK(database->start(options));
    return std::unique_ptr<Database>(std::move(database));
}

} // namespace keystead
