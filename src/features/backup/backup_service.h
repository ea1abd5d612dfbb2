// features/backup/backup_service.h
//
// From a running database to an archive, from an archive to an empty database. Not here: what a
// restore does to what must not come back (app/restore_steps.h), and recording either.
//
//   make_backup:  snapshot ─▶ archive
//   check_backup: archive ─▶ whole? ours?            load_backup: the same once more ─▶ database
//
// Invariants: an archive is checked to its last byte before a database is begun, and again while it
// is loaded; a database that was loaded and not finished is marked so, and nothing serves it.
#pragma once

#include "core/result.h"
#include "core/secret.h"
#include "features/backup/backup_archive.h"
#include "storage/migrations.h"
#include "storage/snapshot.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::backup {

/// The row of table `node` that says: loaded, and not finished. Its value tells from which archive.
inline constexpr std::string_view kUnfinishedMark = "unfinished-restore";
/// The row of table `node` with what the data notes of its root key.
inline constexpr std::string_view kRootKeyCheck = "root-key-check";

struct MadeBackup {
    ArchiveHead head;
    ArchiveEnd end;
};
struct Occasion {
    std::string_view product_version;
    Instant made_at;
};
/// Errors: those of the snapshot and the sink; backup/unfinished-restore (Conflict).
Result<MadeBackup> make_backup(Snapshot& snapshot, ByteSink& sink, const Secret& tag_key,
                               const Occasion& occasion);

/// Reads all of it. Errors: backup/…
Result<MadeBackup> check_backup(ByteSource& source);

/// The migrations that make the schema of an archive. Errors: storage/schema-too-new,
/// storage/schema-changed (Conflict).
Result<std::vector<Migration>> schema_of(const ArchiveHead& head, std::span<const Migration> known);

/// Fills `empty` from the same bytes that check_backup() read, with the mark; finish() is the
/// caller's. Errors: backup/…; backup/other-schema when its tables are not those of the migrations.
Result<void> load_backup(ByteSource& source, EmptyDatabase& empty, const ArchiveEnd& checked);
/// The mark of a database that was loaded and not finished.
Result<std::optional<std::int64_t>> find_mark(Snapshot& snapshot);
/// The mark's value for that archive.
std::int64_t mark_of(const ArchiveEnd& end);

} // namespace keystead::backup
