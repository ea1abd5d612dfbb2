// storage/open.h
//
// Opens a database: takes the node's lock, brings the schema forward, starts the engine. Only app/
// and tests call this.
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "storage/database.h"
#include "storage/migrations.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace keystead {

struct SqliteOptions {
    std::filesystem::path
        folder; // made with mode 0700 if it is not there; holds keystead.db, node.lock, reserve
    std::span<const Migration> migrations;
    const Clock& clock;
    SchemaPolicy schema = SchemaPolicy::Migrate;
    std::uint32_t readers = 4;
    enum class Durability : std::uint8_t {
        Full,
        None
    } durability = Durability::Full; // None: tests only
    std::uint32_t pages_max = 0;     // 0: as many as fit
};

struct PostgresOptions {
    std::string connection; // libpq: "host=… dbname=…" or a postgresql:// URI
    std::span<const Migration> migrations;
    const Clock& clock;
    SchemaPolicy schema = SchemaPolicy::Migrate;
    std::uint32_t connections = 16; // at most 16
};

/// Errors: storage/locked (another node has this database; detail says which), storage/schema-…,
/// storage/unavailable.
Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options);
/// The same, and storage/insecure (a server that is not local, reached without
/// sslmode=verify-full), storage/unsupported (older than 15, or not UTF-8).
Result<std::unique_ptr<Database>> open_postgres(const PostgresOptions& options);

} // namespace keystead
