// app/foundation.h
//
// What everything else stands on: settings, clock, randomness, database, keys; opened in this
// order. The root key is made when the database is new and has none, and refused when it is not the
// one that the database was begun with.
#pragma once

#include "app/node_clock.h"
#include "app/real_clock.h"
#include "app/settings_loader.h"
#include "core/result.h"
#include "core/settings.h"
#include "crypto/keys.h"
#include "crypto/system_random.h"
#include "storage/database.h"
#include "storage/migrations.h"
#include "storage/snapshot.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace keystead::app {

enum class RootKeyOrigin : std::uint8_t { Credential, Variable, File, Made };
std::string_view root_key_origin_text(RootKeyOrigin origin);

struct Foundation {
    Settings settings;
    RealClock wall_clock;
    NodeClock clock{wall_clock};
    crypto::SystemRandom random;
    std::unique_ptr<Database> database;
    std::unique_ptr<crypto::RootKeyRing> keys;
    RootKeyOrigin key_origin = RootKeyOrigin::File;
    std::string settings_json =
        "[]"; // every setting with its origin, secrets hidden: what operators are shown
};

struct FoundationOptions {
    std::string credentials_directory; // systemd's; or empty
    SchemaPolicy schema = SchemaPolicy::Migrate;
    /// For `restore` alone: the mark of the database that it loaded and is about to finish.
    std::optional<std::int64_t> unfinished_restore = std::nullopt;
};

struct FoundKey {
    Secret key;
    RootKeyOrigin origin;
};
/// The key that someone gave: a systemd credential, then the environment, then the file. Nothing:
/// there is none. Errors: those of crypto/root_key.h.
Result<std::optional<FoundKey>> find_root_key(const LoadedSettings& loaded,
                                              const std::string& credentials_directory);
/// The key check value as the `node` table can hold it: its first eight bytes. One in 2^64 wrong
/// keys would pass, and would then open nothing.
std::int64_t root_key_check(const crypto::RootKeyRing& keys);

/// The file that holds the root key when nothing else gives it.
std::string root_key_path(const StorageSettings& storage);

/// Where it is missing, with mode 0700. Errors: storage/no-data-folder.
Result<void> make_data_folder(const std::string& path);
/// The database as rows. Errors: those of storage/snapshot.h.
Result<std::unique_ptr<Snapshot>> open_snapshot(const StorageSettings& storage);
/// A file that is there while a restore fills the database. Until that is there a server would
/// begin a new one: as long as this file stands, none does.
std::string restore_mark_path(const StorageSettings& storage);

/// Errors: those of storage/open.h and crypto/root_key.h, keys/missing (the data was begun under a
/// key that is not there), keys/does-not-fit (another key than the data was begun under),
/// backup/unfinished-restore (a restore began to load it, or did, and did not come to its end).
Result<std::unique_ptr<Foundation>> open_foundation(const LoadedSettings& loaded,
                                                    const FoundationOptions& options);

} // namespace keystead::app
