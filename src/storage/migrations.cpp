#include "storage/migrations.h"

#include <algorithm>

namespace keystead::storage {
namespace {

std::string label(int number, std::string_view name)
{
    std::string digits = std::to_string(number);
    digits.insert(0, digits.size() < 4 ? 4 - digits.size() : 0, '0');
    return digits + "_" + std::string(name);
}

/// Every applied migration must be known, and read as it did when it ran.
Result<void> check_applied(std::span<const AppliedMigration> applied,
                           std::span<const Migration> known)
{
    for (const AppliedMigration& old : applied) {
        const auto same = std::find_if(known.begin(), known.end(), [&](const Migration& one) {
            return one.number == old.number;
        });
        if (same == known.end()) {
            return Error{ErrorKind::Conflict, "storage/schema-too-new",
                         "The database was written by a newer version: it has migration " +
                             label(old.number, old.name) + ", which this version does not know."};
        }
        if (same->checksum != old.checksum || same->name != old.name) {
            return Error{ErrorKind::Conflict, "storage/schema-changed",
                         "Migration " + label(old.number, old.name) +
                             " was applied with another text than this version has."};
        }
    }
    return {};
}

} // namespace

Result<void> migrate(MigrationTarget& target, std::span<const Migration> known, SchemaPolicy policy,
                     const Clock& clock)
{
    KS_ASSERT(
        std::is_sorted(known.begin(), known.end(),
                       [](const Migration& a, const Migration& b) { return a.number < b.number; }));
    KS_TRY(const auto applied, target.list_applied());
    KS_CHECK(check_applied(applied, known));
    for (const Migration& migration : known) {
        const bool done =
            std::any_of(applied.begin(), applied.end(), [&](const AppliedMigration& old) {
                return old.number == migration.number;
            });
        if (done) {
            continue;
        }
        if (policy == SchemaPolicy::MustBeCurrent) {
            return Error{ErrorKind::Conflict, "storage/schema-behind",
                         "Migration " + label(migration.number, migration.name) +
                             " is still to be applied."};
        }
        if (auto outcome = target.apply(migration, clock.now()); !outcome) {
            Error error = std::move(outcome).error();
            error.cause =
                "migration " + label(migration.number, migration.name) + ": " + error.cause;
            return error;
        }
    }
    return {};
}

} // namespace keystead::storage
