// The embedded engine: one writer, a few readers beside it, one folder.
#include "storage/engine_transaction.h"
#include "storage/migrations.h"
#include "storage/open.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/data_folder.h"
#include "storage/sqlite/migration_target.h"
#include "storage/sqlite/statements.h"
#include "storage/sqlite/writer.h"
#include "storage/statistics.h"
#include "storage/transaction_scope.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace keystead {
namespace {

using storage::Access;
using storage::Connection;
using storage::DataFolder;
using storage::Writer;

/// The readers' connections: opened when first needed, handed out to one thread at a time.
class ReaderPool {
public:
    ReaderPool(std::filesystem::path file, std::uint32_t connections_max)
        : file_(std::move(file)), unopened_(std::max(connections_max, 1U))
    {
    }

    Result<std::unique_ptr<Connection>> take()
    {
        std::unique_lock lock(mutex_);
        freed_.wait(lock, [&] { return !idle_.empty() || unopened_ > 0; });
        if (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            return connection;
        }
        --unopened_;
        lock.unlock();
        auto opened = Connection::open({.file = file_, .role = Connection::Role::Reader});
        if (!opened) {
            give_back(nullptr);
        }
        return opened;
    }

    /// `connection` may be nothing: it could not be opened, or is not to be used again.
    void give_back(std::unique_ptr<Connection> connection)
    {
        const std::lock_guard lock(mutex_);
        if (connection) {
            idle_.push_back(std::move(connection));
        } else {
            ++unopened_;
        }
        freed_.notify_one();
    }

private:
    std::filesystem::path file_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<std::unique_ptr<Connection>> idle_;
    std::uint32_t unopened_;
};

class SqliteDatabase final : public Database {
public:
    SqliteDatabase(DataFolder folder, std::unique_ptr<Connection> writer, std::uint32_t readers)
        : folder_(std::move(folder)), readers_(folder_.database_file(), readers),
          writer_(std::move(writer), folder_)
    {
    }

    Engine engine() const override { return Engine::Sqlite; }

    Result<void> health() override
    {
        return read([](ReadTx& tx) -> Result<void> {
            KS_TRY(const Rows rows, tx.query("SELECT max(number) FROM schema_migration"));
            KS_ASSERT(rows.size() == 1);
            return {};
        });
    }

    bool may_answer_from_memory() const override { return true; } // The file is locked, for life.
    void set_before_commit(std::function<Result<void>(WriteTx&)> hook) override
    {
        writer_.set_before_commit(std::move(hook));
    }

    Result<void> maintain(Maintenance task) override
    {
        switch (task) {
        case Maintenance::RestoreReserve: assert_no_transaction(); return writer_.restore_reserve();
        case Maintenance::TruncateLog: return writer_.run_pragma("PRAGMA wal_checkpoint(TRUNCATE)");
        case Maintenance::Optimize: return writer_.run_pragma("PRAGMA optimize");
        }
        std::abort();
    }

private:
    Result<void> run_read(function_ref<Result<void>(ReadTx&)> fn) override
    {
        assert_no_transaction();
        KS_TRY(auto connection, readers_.take());
        auto outcome = read_on(*connection, fn);
        // A connection whose transaction does not end would show the same old snapshot for ever.
        if (connection->in_transaction() && !connection->control("ROLLBACK")) {
            connection.reset();
        }
        readers_.give_back(std::move(connection));
        return outcome;
    }

    static Result<void> read_on(Connection& connection, function_ref<Result<void>(ReadTx&)> fn)
    {
        KS_CHECK(connection.control("BEGIN"));
        storage::SqliteStatements statements(connection, Access::Nothing);
        storage::EngineReadTx<storage::SqliteStatements> tx(statements);
        auto outcome = [&] {
            const storage::TransactionScope scope;
            return fn(tx);
        }();
        storage::count_statements(statements.count());
        if (outcome && statements.failure()) {
            return *statements.failure();
        }
        return outcome;
    }

    Result<void> run_write(function_ref<Result<void>(WriteTx&)> fn) override
    {
        return writer_.write(fn, Writer::Urgency::Ordinary);
    }
    Result<void> run_write_essential(function_ref<Result<void>(WriteTx&)> fn) override
    {
        return writer_.write(fn, Writer::Urgency::Essential);
    }
    Result<void> run_upkeep(function_ref<Result<void>(UpkeepTx&)> fn) override
    {
        return writer_.upkeep(fn);
    }

    DataFolder folder_;
    ReaderPool readers_;
    Writer writer_;
};

} // namespace

Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options)
{
    KS_TRY(DataFolder folder, DataFolder::open(options.folder));
    KS_TRY(auto writer,
           Connection::open({.file = folder.database_file(),
                             .role = Connection::Role::Writer,
                             .durable = options.durability == SqliteOptions::Durability::Full,
                             .pages_max = options.pages_max}));
    storage::SqliteMigrationTarget target(*writer);
    KS_CHECK(storage::migrate(target, options.migrations, options.schema, options.clock));
    return std::unique_ptr<Database>(
        std::make_unique<SqliteDatabase>(std::move(folder), std::move(writer), options.readers));
}

} // namespace keystead
