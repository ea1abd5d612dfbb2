#include "app/backup_verbs.h"

#include "app/application.h"
#include "app/control_socket.h"
#include "app/foundation.h"
#include "app/log.h"
#include "app/product_version.h"
#include "app/real_clock.h"
#include "app/restore_steps.h"
#include "app/systemd.h"
#include "core/encoding.h"
#include "crypto/system_random.h"
#include "features/backup/backup_file.h"
#include "features/backup/backup_service.h"
#include "storage/embedded_migrations.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

namespace keystead::app {
namespace {

using crypto::KeyPurpose;

constexpr std::string_view kRecordCommand = "backup record";

std::string credentials_of(const LocalContext& context)
{
    return std::string(environment_value(context.environment, "CREDENTIALS_DIRECTORY"));
}

/// The root key and what it needs.
struct OpenKeys {
    crypto::SystemRandom random;
    std::optional<crypto::RootKeyRing> ring;
    std::string check() const { return std::to_string(root_key_check(*ring)); }
    const Secret& tag_key() const { return ring->key(KeyPurpose::BackupTag); }
};

/// Nothing when there is none.
Result<std::unique_ptr<OpenKeys>> open_keys(const LocalContext& context)
{
    KS_TRY(auto found, find_root_key(context.loaded, credentials_of(context)));
    if (!found) {
        return std::unique_ptr<OpenKeys>();
    }
    auto keys = std::make_unique<OpenKeys>();
    keys->ring.emplace(std::move(found->key), keys->random);
    return keys;
}

Result<std::unique_ptr<OpenKeys>> need_keys(const LocalContext& context)
{
    KS_TRY(auto keys, open_keys(context));
    if (!keys) {
        return Error{
            ErrorKind::NotFound, "keys/missing",
            "The root key is needed and not here. It is not part of a back-up: put it at " +
                root_key_path(context.loaded.settings.storage) + "."};
    }
    return keys;
}

Error does_not_fit()
{
    return {ErrorKind::Conflict, "keys/does-not-fit",
            "The root key is not the one that the back-up's data was begun under. Nothing was "
            "changed."};
}

Result<std::unique_ptr<EmptyDatabase>> open_empty(const StorageSettings& storage,
                                                  std::span<const Migration> schema,
                                                  const Clock& clock)
{
    return storage.postgres.empty() ? open_empty_sqlite(storage.data_folder, schema, clock)
                                    : open_empty_postgres(storage.postgres, schema, clock);
}

void write_facts(JsonWriter& json, const backup::MadeBackup& made, const std::string& path)
{
    json.member("file", path)
        .member("made_at", made.head.made_at)
        .member("made_by", made.head.product_version)
        .member("engine", made.head.engine == Database::Engine::Sqlite ? "sqlite" : "postgres")
        .member("schema", made.head.schema.empty() ? 0 : made.head.schema.back().number)
        .member("rows", made.end.rows)
        .member("log_size", made.head.log_size)
        .member("log_root", made.head.log_root)
        .member("sha256", hex_encode(made.end.digest));
}

/// Written and durable, under its unfinished name.
struct WrittenBackup {
    backup::NewBackupFile file;
    backup::MadeBackup made;
};

Result<WrittenBackup> write_backup(const LocalContext& context, const std::string& path)
{
    KS_TRY(const auto keys, need_keys(context));
    KS_TRY(auto file, backup::NewBackupFile::create(path));
    const RealClock clock;
    KS_TRY(const auto snapshot, open_snapshot(context.loaded.settings.storage));
    KS_TRY(auto made,
           backup::make_backup(*snapshot, file, keys->tag_key(),
                               {.product_version = kProductVersion, .made_at = clock.now()}));
    if (!made.head.root_key_check.empty() && made.head.root_key_check != keys->check()) {
        return does_not_fit();
    }
    KS_CHECK(file.sync());
    return WrittenBackup{std::move(file), std::move(made)};
}

std::string facts_of(const WrittenBackup& written, const std::string& path)
{
    JsonWriter json;
    json.begin_object();
    write_facts(json, written.made, path);
    json.member("bytes", written.file.bytes());
    return std::move(json.end_object()).take();
}

/// By the server if one runs, else here.
Result<void> record_backup(const LocalContext& context, const std::string& facts)
{
    KS_TRY(const auto answered,
           ask_running_server(context.loaded.settings.storage.data_folder, kRecordCommand, facts));
    if (answered) {
        return {};
    }
    const auto opened =
        open_foundation(context.loaded, {.credentials_directory = credentials_of(context),
                                         .schema = SchemaPolicy::MustBeCurrent});
    if (!opened && opened.error().code == "storage/schema-behind") {
        std::cerr << "keystead: not recorded in the audit log, whose schema is an older one; "
                     "`keystead migrate` brings it forward\n";
        return {};
    }
    if (!opened) {
        return opened.error();
    }
    Log log((*opened)->clock);
    KS_TRY(const auto application, Application::make(**opened, log));
    KS_TRY(const auto parsed, parse_json(facts));
    KS_TRY([[maybe_unused]] const auto done, application->commands().run(kRecordCommand, parsed));
    return {};
}

/// A back-up that was read to its end, and is of this installation.
struct CheckedBackup {
    backup::BackupFile file;
    backup::MadeBackup read;
};

Result<CheckedBackup> check_for_restore(const LocalContext& context, const std::string& path,
                                        const Clock& clock)
{
    KS_TRY(auto file, backup::BackupFile::open(path));
    KS_TRY(auto read, backup::check_backup(file));
    KS_TRY(const auto keys, need_keys(context));
    if (read.head.root_key_check != keys->check()) {
        return does_not_fit();
    }
#ifndef KEYSTEAD_WITHOUT_BACKUP_TAG
    if (!backup::is_genuine(read.end, keys->tag_key())) {
        return Error{ErrorKind::Forbidden, "backup/not-genuine",
                     "The back-up was not made with this root key, or was changed by somebody. "
                     "Nothing was changed."};
    }
#endif
    if (clock.now() < read.head.made_at) {
        return Error{ErrorKind::Conflict, "backup/clock-behind",
                     "This machine's clock is behind the back-up: what had expired would work "
                     "again. Set the clock first."};
    }
    KS_CHECK(file.rewind());
    return CheckedBackup{std::move(file), std::move(read)};
}

/// Whether the database there is the one that an earlier restore of the same back-up loaded.
bool is_loaded_already(const StorageSettings& storage, const backup::ArchiveEnd& end)
{
    const auto snapshot = open_snapshot(storage);
    if (!snapshot) {
        return false;
    }
    const auto mark = backup::find_mark(**snapshot);
    return mark && *mark == backup::mark_of(end);
}

/// Where there is no database yet, nobody else begins one from here on. Whether it was put.
Result<bool> begin_mark(const StorageSettings& storage)
{
    const auto snapshot = open_snapshot(storage);
    if (snapshot || snapshot.error().code != "storage/no-database") {
        return false;
    }
    KS_CHECK(make_data_folder(storage.data_folder));
    KS_CHECK(backup::put_durable_file(restore_mark_path(storage)));
    return true;
}

void remove_mark(const StorageSettings& storage)
{
    std::error_code ignored;
    std::filesystem::remove(restore_mark_path(storage), ignored);
}

Result<void> load(const LocalContext& context, CheckedBackup& checked, const Clock& clock)
{
    const StorageSettings& storage = context.loaded.settings.storage;
    KS_TRY(const auto schema, backup::schema_of(checked.read.head, embedded_migrations()));
    KS_TRY(const bool begins, begin_mark(storage));
    const auto empty = open_empty(storage, schema, clock);
    if (!empty) {
        if (begins) {
            remove_mark(storage);
        }
        const bool goes_on = empty.error().code == "storage/not-empty" &&
                             is_loaded_already(storage, checked.read.end);
        return goes_on ? Result<void>{} : Result<void>{empty.error()};
    }
    KS_CHECK(backup::load_backup(checked.file, **empty, checked.read.end));
    return (*empty)->finish();
}

bool is_behind(const std::vector<storage::AppliedMigration>& applied)
{
    return std::ranges::any_of(embedded_migrations(), [&](const Migration& known) {
        return std::ranges::find(applied, known.number, &storage::AppliedMigration::number) ==
               applied.end();
    });
}

} // namespace

Result<std::string> back_up(const LocalContext& context, const std::string& path)
{
    KS_TRY(auto written, write_backup(context, path));
    std::string facts = facts_of(written, path);
    KS_CHECK(record_backup(context, facts));
    KS_CHECK(written.file.publish());
    return facts;
}

Result<std::string> verify_backup(const LocalContext& context, const std::string& path)
{
    KS_TRY(auto file, backup::BackupFile::open(path));
    KS_TRY(const auto read, backup::check_backup(file));
    KS_TRY(const auto keys, open_keys(context));
    JsonWriter json;
    json.begin_object();
    write_facts(json, read, path);
    json.member("whole", true);
    if (!keys) {
        json.member("genuine", "not known: the root key is not here");
        return std::move(json.end_object()).take();
    }
    if (read.head.root_key_check != keys->check() ||
        !backup::is_genuine(read.end, keys->tag_key())) {
        return Error{ErrorKind::Forbidden, "backup/not-genuine",
                     "The back-up is whole, but it was not made with this root key, or was changed "
                     "by somebody."};
    }
    json.member("genuine", "yes");
    return std::move(json.end_object()).take();
}

Result<std::string> restore_backup(const LocalContext& context, const std::string& path)
{
    const RealClock clock;
    KS_TRY(auto checked, check_for_restore(context, path, clock));
    KS_CHECK(load(context, checked, clock));
    KS_TRY(
        const auto foundation,
        open_foundation(context.loaded, {.credentials_directory = credentials_of(context),
                                         .unfinished_restore = backup::mark_of(checked.read.end)}));
    Log log(foundation->clock);
    KS_TRY(const auto application, Application::make(*foundation, log));
    KS_TRY(auto answer, finish_restore(application->features(), checked.read.head));
    remove_mark(context.loaded.settings.storage);
    return answer;
}

Result<std::string> back_up_before_migration(const LocalContext& context)
{
    const StorageSettings& storage = context.loaded.settings.storage;
    {
        const auto snapshot = open_snapshot(storage);
        if (!snapshot) {
            return snapshot.error().code == "storage/no-database"
                       ? Result<std::string>{std::string{}}
                       : Result<std::string>{snapshot.error()};
        }
        KS_TRY(const auto applied, (*snapshot)->list_applied());
        if (!is_behind(applied)) {
            return std::string{};
        }
    }
    const RealClock clock;
    std::string time = rfc3339(clock.now());
    std::erase(time, ':');
    const std::string path = storage.data_folder + "/before-migration-" + time + ".backup";
    KS_TRY(auto written, write_backup(context, path));
    KS_CHECK(written.file.publish());
    return facts_of(written, path);
}

} // namespace keystead::app
