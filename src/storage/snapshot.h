// storage/snapshot.h
//
// A whole database as rows, for back-up and restore: read in one snapshot beside a running server,
// and written into a place that is empty. What features store are integers, texts and bytes on both
// engines (database.h), so that rows of one engine fit the other. Only features/backup and tests
// call this; it takes part in no transaction of database.h.
#pragma once

#include "core/clock.h"
#include "core/function_ref.h"
#include "core/result.h"
#include "storage/database.h"
#include "storage/migrations.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keystead {

struct TableShape {
    std::string name;
    std::vector<std::string> columns; // in the order of the table; none that the engine computes
    bool operator==(const TableShape&) const = default;
};

/// Gets one row's values; an Error of its own ends the reading.
using TakeRow = function_ref<Result<void>(std::span<const SqlValue>)>;

/// All of a database as it was at one moment, whatever is written meanwhile.
class Snapshot {
public:
    virtual ~Snapshot() = default;
    Snapshot() = default;
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

    virtual Database::Engine engine() const = 0;
    /// In order of number.
    virtual Result<std::vector<storage::AppliedMigration>> list_applied() = 0;
    /// Tables with rows of ours, by name; schema_migration is not among them.
    virtual Result<std::vector<TableShape>> list_tables() = 0;
    virtual Result<void> for_each_row(const TableShape& table, TakeRow take) = 0;
};

/// A database being filled. Until finish() there is nothing to be seen of it; without finish()
/// nothing stays.
class EmptyDatabase {
public:
    virtual ~EmptyDatabase() = default;
    EmptyDatabase() = default;
    EmptyDatabase(const EmptyDatabase&) = delete;
    EmptyDatabase& operator=(const EmptyDatabase&) = delete;

    /// What the migrations made.
    virtual Result<std::vector<TableShape>> list_tables() = 0;
    /// The rows that follow go there; those that a migration put there go away.
    virtual Result<void> begin_table(const TableShape& table) = 0;
    virtual Result<void> insert(std::span<const SqlValue> values) = 0;
    /// Durable, and the database from now on.
    virtual Result<void> finish() = 0;
};

/// Errors: storage/no-database (NotFound), storage/unavailable.
Result<std::unique_ptr<Snapshot>> open_sqlite_snapshot(const std::filesystem::path& folder);
/// The same, and those of open_postgres().
Result<std::unique_ptr<Snapshot>> open_postgres_snapshot(const std::string& connection);

/// Makes the schema by these migrations where nothing is yet, with the node's lock held meanwhile.
/// Errors: storage/not-empty (Conflict), storage/locked, storage/unavailable, storage/full.
Result<std::unique_ptr<EmptyDatabase>> open_empty_sqlite(const std::filesystem::path& folder,
                                                         std::span<const Migration> migrations,
                                                         const Clock& clock);
Result<std::unique_ptr<EmptyDatabase>> open_empty_postgres(const std::string& connection,
                                                           std::span<const Migration> migrations,
                                                           const Clock& clock);

namespace storage {
/// A name out of a database's own catalogue, quoted: the one text that is ever put into SQL.
std::string sql_name(std::string_view name);
/// A table's columns with commas between.
std::string column_list(const TableShape& table);
} // namespace storage
} // namespace keystead
