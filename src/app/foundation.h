// app/foundation.h
//
// What everything else stands on: settings, clock, randomness, database, keys; opened in this
// order. The root key is made when the database is new and has none, and refused when it is not the
// one that the database was begun with.
#pragma once

#include "app/real_clock.h"
#include "app/settings_loader.h"
#include "core/result.h"
#include "core/settings.h"
#include "crypto/keys.h"
#include "crypto/system_random.h"
#include "storage/database.h"
#include "storage/migrations.h"

#include <cstdint>
#include <memory>
#include <string>

namespace keystead::app {

enum class RootKeyOrigin : std::uint8_t { Credential, Variable, File, Made };
std::string_view root_key_origin_text(RootKeyOrigin origin);

struct Foundation {
    Settings settings;
    RealClock clock;
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
};

/// The file that holds the root key when nothing else gives it.
std::string root_key_path(const StorageSettings& storage);

/// Errors: those of storage/open.h and crypto/root_key.h, keys/missing (the data was begun under a
/// key that is not there), keys/does-not-fit (another key than the data was begun under).
Result<std::unique_ptr<Foundation>> open_foundation(const LoadedSettings& loaded,
                                                    const FoundationOptions& options);

} // namespace keystead::app
