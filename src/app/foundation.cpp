#include "app/foundation.h"

#include "app/node_store.h"
#include "app/settings_report.h"
#include "crypto/root_key.h"
#include "features/backup/backup_service.h"
#include "storage/embedded_migrations.h"
#include "storage/open.h"

#include <cstdlib>
#include <filesystem>
#include <optional>

#include <sys/stat.h>

namespace keystead::app {
namespace {

constexpr std::string_view kKeyCheckName = backup::kRootKeyCheck;

Result<std::unique_ptr<Database>> open_database(const StorageSettings& storage, const Clock& clock,
                                                SchemaPolicy schema)
{
    if (storage.postgres.empty()) {
        return open_sqlite({.folder = storage.data_folder,
                            .migrations = embedded_migrations(),
                            .clock = clock,
                            .schema = schema,
                            .readers = storage.sqlite_readers});
    }
    return open_postgres({.connection = storage.postgres,
                          .migrations = embedded_migrations(),
                          .clock = clock,
                          .schema = schema,
                          .connections = storage.postgres_connections});
}

Result<std::optional<std::int64_t>> stored_check(Database& database)
{
    return database.read([](ReadTx& tx) { return NodeStore{}.find(tx, kKeyCheckName); });
}

/// Finds the key, or makes it when the data has not been begun under another.
Result<FoundKey> obtain_root_key(const LoadedSettings& loaded, const FoundationOptions& options,
                                 Database& database, Random& random)
{
    KS_TRY(auto found, find_root_key(loaded, options.credentials_directory));
    if (found) {
        return std::move(*found);
    }
    const std::string path = root_key_path(loaded.settings.storage);
    KS_TRY(const auto stored, stored_check(database));
    if (stored) {
        return Error{ErrorKind::NotFound, "keys/missing",
                     "This data was begun under a root key that is not here. Put it back at " +
                         path + "."};
    }
    KS_TRY(auto key, crypto::make_root_key_file(path, random));
    return FoundKey{std::move(key), RootKeyOrigin::Made};
}

Result<void> check_key_fits(const crypto::RootKeyRing& keys, Database& database, const Clock& clock)
{
    KS_TRY(auto stored, stored_check(database));
    const std::int64_t ours = root_key_check(keys);
    if (!stored) {
        KS_TRY(stored, database.upkeep([&](UpkeepTx& tx) {
            return NodeStore{}.put_if_absent(tx, kKeyCheckName, ours, clock.now());
        }));
    }
    if (*stored != ours) {
        return Error{
            ErrorKind::Conflict, "keys/does-not-fit",
            "The root key is not the one that this data was begun under. Nothing was changed."};
    }
    return {};
}

Error unfinished_restore(std::string_view more)
{
    return {ErrorKind::Conflict, "backup/unfinished-restore",
            "A restore of this database did not come to its end. Run `keystead restore` with the "
            "same back-up again" +
                std::string(more) + "."};
}

/// Killed before it had loaded anything that counts, it left no database: what would be served in
/// its place is an empty one, with a link to set up the first operator.
Result<void> check_no_restore_begun(const StorageSettings& storage)
{
    std::error_code error;
    const std::string mark = restore_mark_path(storage);
    if (!std::filesystem::exists(mark, error)) {
        return {};
    }
    const auto snapshot = open_snapshot(storage);
    if (snapshot || snapshot.error().code != "storage/no-database") {
        return {}; // It is loaded: check_restore_finished() knows more.
    }
    return unfinished_restore(", or delete " + mark + " to begin with an empty database");
}

/// Sessions that were ended would be back: whoever loaded it has to finish first.
Result<void> check_restore_finished(Database& database, std::optional<std::int64_t> expected)
{
    KS_TRY(const auto mark,
           database.read([](ReadTx& tx) { return NodeStore{}.find(tx, backup::kUnfinishedMark); }));
    if (mark == expected) {
        return {};
    }
    return unfinished_restore("");
}

} // namespace

Result<void> make_data_folder(const std::string& path)
{
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) {
        return {};
    }
    std::filesystem::create_directories(path, error);
    if (error || chmod(path.c_str(), 0700) != 0) {
        return Error{ErrorKind::Unavailable, "storage/no-data-folder", path + " cannot be made.",
                     error.message()};
    }
    return {};
}

Result<std::unique_ptr<Snapshot>> open_snapshot(const StorageSettings& storage)
{
    return storage.postgres.empty() ? open_sqlite_snapshot(storage.data_folder)
                                    : open_postgres_snapshot(storage.postgres);
}

std::string restore_mark_path(const StorageSettings& storage)
{
    return storage.data_folder + "/restore.unfinished";
}

Result<std::optional<FoundKey>> find_root_key(const LoadedSettings& loaded,
                                              const std::string& credentials_directory)
{
    if (!credentials_directory.empty()) {
        auto key = crypto::read_root_key_file(credentials_directory + "/keystead-root-key",
                                              crypto::FileAccess::AsGiven);
        if (key) {
            return std::optional<FoundKey>(FoundKey{*std::move(key), RootKeyOrigin::Credential});
        }
        if (key.error().kind != ErrorKind::NotFound) {
            return std::move(key).error();
        }
    }
    if (loaded.root_key_text) {
        KS_TRY(auto key, crypto::parse_root_key(loaded.root_key_text->reveal_text()));
        return std::optional<FoundKey>(FoundKey{std::move(key), RootKeyOrigin::Variable});
    }
    auto key = crypto::read_root_key_file(root_key_path(loaded.settings.storage),
                                          crypto::FileAccess::OwnerOnly);
    if (key) {
        return std::optional<FoundKey>(FoundKey{*std::move(key), RootKeyOrigin::File});
    }
    if (key.error().kind != ErrorKind::NotFound) {
        return std::move(key).error();
    }
    return std::optional<FoundKey>();
}

std::int64_t root_key_check(const crypto::RootKeyRing& keys)
{
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i) {
        number = (number << 8) | std::to_integer<std::uint64_t>(keys.key_check_value()[i]);
    }
    return static_cast<std::int64_t>(number);
}

std::string_view root_key_origin_text(RootKeyOrigin origin)
{
    switch (origin) {
    case RootKeyOrigin::Credential: return "systemd credential";
    case RootKeyOrigin::Variable: return "environment";
    case RootKeyOrigin::File: return "file";
    case RootKeyOrigin::Made: return "file, made at this start";
    }
    std::abort(); // No default label: the compiler names the origin that someone forgot.
}

std::string root_key_path(const StorageSettings& storage)
{
    return storage.root_key_file.empty() ? storage.data_folder + "/root.key"
                                         : storage.root_key_file;
}

Result<std::unique_ptr<Foundation>> open_foundation(const LoadedSettings& loaded,
                                                    const FoundationOptions& options)
{
    auto foundation = std::make_unique<Foundation>();
    foundation->settings = loaded.settings;
    foundation->settings_json = settings_as_json(loaded);
    KS_CHECK(make_data_folder(loaded.settings.storage.data_folder));
    if (!options.unfinished_restore) {
        KS_CHECK(check_no_restore_begun(loaded.settings.storage));
    }
    KS_TRY(foundation->database,
           open_database(loaded.settings.storage, foundation->clock, options.schema));
    KS_TRY(const auto seen, foundation->database->read(
                                [](ReadTx& tx) { return NodeStore{}.find(tx, kLatestSeen); }));
    foundation->clock.raise(from_micros(seen.value_or(0)));
    KS_CHECK(check_restore_finished(*foundation->database, options.unfinished_restore));
    KS_TRY(auto found, obtain_root_key(loaded, options, *foundation->database, foundation->random));
    foundation->key_origin = found.origin;
    foundation->keys =
        std::make_unique<crypto::RootKeyRing>(std::move(found.key), foundation->random);
    KS_CHECK(check_key_fits(*foundation->keys, *foundation->database, foundation->clock));
    return foundation;
}

} // namespace keystead::app
