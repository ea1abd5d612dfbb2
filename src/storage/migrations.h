// storage/migrations.h
//
// Brings a database's schema forward: numbered SQL texts, each in one transaction together with its
// line in schema_migration, so that a node killed in the middle goes on at its next start. There is
// no way back. An engine gives the runner a MigrationTarget; the texts of this build are in
// storage/embedded_migrations.h.
#pragma once

#include "core/clock.h"
#include "core/result.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keystead {

/// One step of the schema. The views have static storage.
struct Migration {
    int number = 0;
    std::string_view name;          // "account", of 0004_account.sql
    std::string_view sql;           // both engines, unless:
    std::string_view postgres;      // what PostgreSQL runs instead; or empty
    std::string_view checksum = ""; // SHA-256 of the texts, hexadecimal, computed by the build
};

/// What opening a database does when its schema is older than this build.
enum class SchemaPolicy : std::uint8_t { Migrate, MustBeCurrent };

namespace storage {

struct AppliedMigration {
    int number = 0;
    std::string name;
    std::string checksum;
};

/// The table in which a database remembers what was applied.
inline constexpr std::string_view kMigrationTable =
    "CREATE TABLE IF NOT EXISTS schema_migration (number BIGINT NOT NULL PRIMARY KEY, name TEXT "
    "NOT NULL, "
    "applied_at BIGINT NOT NULL, checksum TEXT NOT NULL)";
inline constexpr std::string_view kListApplied =
    "SELECT number, name, checksum FROM schema_migration ORDER BY number";
inline constexpr std::string_view kRecordApplied =
    "INSERT INTO schema_migration (number, name, applied_at, checksum) VALUES ($1, $2, $3, $4)";

/// What an engine does for the runner.
class MigrationTarget {
public:
    virtual ~MigrationTarget() = default;
    /// Makes schema_migration if it is not there, and lists it.
    virtual Result<std::vector<AppliedMigration>> list_applied() = 0;
    /// Runs the text and records it, in one transaction.
    virtual Result<void> apply(const Migration& migration, Instant now) = 0;
};

/// Errors: storage/schema-too-new (it holds a migration that this build does not know),
/// storage/schema-changed (an applied one reads differently now), storage/schema-behind (policy
/// MustBeCurrent), and those of the statements.
Result<void> migrate(MigrationTarget& target, std::span<const Migration> known, SchemaPolicy policy,
                     const Clock& clock);

} // namespace storage
} // namespace keystead
