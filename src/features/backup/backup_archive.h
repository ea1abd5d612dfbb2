// features/backup/backup_archive.h
//
// The form of a back-up: a head that says what it is, every row of every table, and at the end what
// shows that nothing is missing and nothing was changed.
//
//   "keystead-backup 1\n"  u32 size of the head  head (JSON)
//   'T' u32 table          the rows that follow belong to that table of the head's list; each once
//   'R' values             one a column: 0 null · 1 i64 · 2 u32 size, UTF-8 · 3 u32 size, bytes
//   'E' u64 rows in all  SHA-256 of all before it  HMAC-SHA-256 of that under a key of the root key
//
// All numbers are big-endian. Anybody can check the SHA-256; who holds the root key can tell a
// back-up of their own from one that somebody made up. Bytes from outside: the reader believes
// nothing and holds one row at a time, of 64 MiB at most. Pure: files are BackupFile's.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/function_ref.h"
#include "core/result.h"
#include "core/secret.h"
#include "crypto/running_hash.h"
#include "storage/migrations.h"
#include "storage/snapshot.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::backup {

struct ArchiveHead {
    std::string product_version;
    Database::Engine engine = Database::Engine::Sqlite;
    Instant made_at;
    std::string root_key_check; // what the database noted of its root key; tells nothing about it
    std::uint64_t log_size = 0; // of the audit log's tree: its checkpoint, without a signature
    std::string log_root;       // base64, or empty
    std::vector<storage::AppliedMigration> schema;
    std::vector<TableShape> tables;
};

struct ArchiveEnd {
    std::uint64_t rows = 0;
    Digest digest = {};
    Digest tag = {};
};

struct ByteSink {
    virtual ~ByteSink() = default;
    virtual Result<void> write(ByteView bytes) = 0;
};
struct ByteSource {
    virtual ~ByteSource() = default;
    /// Fills `into` from its beginning; fewer bytes only at the end.
    virtual Result<std::size_t> read(std::span<std::byte> into) = 0;
};

class ArchiveWriter {
public:
    /// `sink` outlives it.
    explicit ArchiveWriter(ByteSink& sink) : sink_(sink) {}
    Result<void> begin(const ArchiveHead& head);
    Result<void> begin_table(std::uint32_t number);
    Result<void> add_row(std::span<const SqlValue> values);
    Result<ArchiveEnd> finish(const Secret& tag_key);

private:
    Result<void> flush();

    ByteSink& sink_;
    crypto::RunningSha256 hash_;
    std::string buffer_;
    std::uint64_t rows_ = 0;
};

/// What a reader hands out: a table begins, then its rows.
struct ArchiveTaker {
    function_ref<Result<void>(const TableShape&)> begin_table;
    TakeRow take_row;
};

/// Every Error that says the archive is not whole is backup/damaged (InvalidInput).
class ArchiveReader {
public:
    explicit ArchiveReader(ByteSource& source) : source_(source) {}
    /// First. Errors: backup/not-a-backup, backup/unknown-format.
    Result<ArchiveHead> read_head();
    /// Then the rest, to the last byte. What was taken counts only when this succeeds.
    Result<ArchiveEnd> read_rows(const ArchiveHead& head, const ArchiveTaker& taker);

private:
    Result<void> fill(std::span<std::byte> into);
    Result<std::string> read_text(std::size_t size);
    template <class Integer> Result<Integer> read_integer();
    Result<SqlValue> read_value(std::size_t& room);
    Result<void> read_row(const TableShape* table, const TakeRow& take, std::vector<SqlValue>& row);
    Result<ArchiveEnd> read_end(std::uint64_t rows_seen);

    ByteSource& source_;
    crypto::RunningSha256 hash_;
};

/// Whether who holds `tag_key` made this archive.
bool is_genuine(const ArchiveEnd& end, const Secret& tag_key);

} // namespace keystead::backup
