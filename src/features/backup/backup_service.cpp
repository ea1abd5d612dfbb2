#include "features/backup/backup_service.h"

#include "core/encoding.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace keystead::backup {
namespace {

constexpr std::string_view kNodeTable = "node";
constexpr std::string_view kTreeTable = "audit_tree";

const TableShape* find_table(const std::vector<TableShape>& tables, std::string_view name)
{
    const auto found = std::ranges::find(tables, name, &TableShape::name);
    return found == tables.end() ? nullptr : &*found;
}

/// Where a column stands in its table.
std::optional<std::size_t> place_of(const TableShape& table, std::string_view column)
{
    const auto found = std::ranges::find(table.columns, column);
    return found == table.columns.end()
               ? std::nullopt
               : std::optional(static_cast<std::size_t>(found - table.columns.begin()));
}

template <class T> const T* value_in(std::span<const SqlValue> row, std::optional<std::size_t> at)
{
    return at ? std::get_if<T>(&row[*at]) : nullptr;
}

/// What the table `node` notes under that name.
Result<std::optional<std::int64_t>> find_note(Snapshot& snapshot,
                                              const std::vector<TableShape>& tables,
                                              std::string_view wanted)
{
    std::optional<std::int64_t> found;
    const TableShape* const table = find_table(tables, kNodeTable);
    if (table == nullptr) {
        return found;
    }
    const auto name_at = place_of(*table, "name");
    const auto value_at = place_of(*table, "value");
    KS_CHECK(snapshot.for_each_row(*table, [&](std::span<const SqlValue> row) -> Result<void> {
        const auto* const name = value_in<std::string>(row, name_at);
        const auto* const value = value_in<std::int64_t>(row, value_at);
        if (name != nullptr && value != nullptr && *name == wanted) {
            found = *value;
        }
        return {};
    }));
    return found;
}

Result<void> note_log(Snapshot& snapshot, ArchiveHead& head)
{
    const TableShape* const table = find_table(head.tables, kTreeTable);
    if (table == nullptr) {
        return {};
    }
    const auto size_at = place_of(*table, "size");
    const auto root_at = place_of(*table, "root");
    return snapshot.for_each_row(*table, [&](std::span<const SqlValue> row) -> Result<void> {
        const auto* const size = value_in<std::int64_t>(row, size_at);
        const auto* const root = value_in<Bytes>(row, root_at);
        if (size != nullptr && root != nullptr) {
            head.log_size = static_cast<std::uint64_t>(*size);
            head.log_root = base64_encode(*root);
        }
        return {};
    });
}

std::string label(const storage::AppliedMigration& step)
{
    std::string digits = std::to_string(step.number);
    digits.insert(0, digits.size() < 4 ? 4 - digits.size() : 0, '0');
    return digits + "_" + step.name;
}

Error other_schema(std::string_view table)
{
    return {.kind = ErrorKind::Conflict,
            .code = "backup/other-schema",
            .detail = "The back-up's table \"" + std::string(table) +
                      "\" is not what this version and engine make of its schema. Nothing was "
                      "changed."};
}

/// The row that marks the database, in the order of the table's columns.
Result<std::vector<SqlValue>> mark_row(const TableShape& node, const ArchiveHead& head,
                                       const ArchiveEnd& end)
{
    std::vector<SqlValue> row;
    for (const auto& column : node.columns) {
        if (column == "name") {
            row.emplace_back(std::string(kUnfinishedMark));
        } else if (column == "value") {
            row.emplace_back(mark_of(end));
        } else if (column == "noted_at") {
            row.emplace_back(to_micros(head.made_at));
        } else {
            return other_schema(node.name);
        }
    }
    return row;
}

/// What the archive holds must be what the schema made, table by table and column by column: its
/// names are not used for anything but this comparison.
Result<void> check_tables(const ArchiveHead& head, const std::vector<TableShape>& made)
{
    for (const auto& table : head.tables) {
        const TableShape* const there = find_table(made, table.name);
        if (there == nullptr || *there != table) {
            return other_schema(table.name);
        }
    }
    return find_table(head.tables, kNodeTable) == nullptr ? Result<void>{other_schema(kNodeTable)}
                                                          : Result<void>{};
}

} // namespace

Result<MadeBackup> make_backup(Snapshot& snapshot, ByteSink& sink, const Secret& tag_key,
                               const Occasion& occasion)
{
    MadeBackup made;
    ArchiveHead& head = made.head;
    head.product_version = occasion.product_version;
    head.engine = snapshot.engine();
    head.made_at = occasion.made_at;
    KS_TRY(head.schema, snapshot.list_applied());
    KS_TRY(head.tables, snapshot.list_tables());
    KS_TRY(const auto mark, find_note(snapshot, head.tables, kUnfinishedMark));
    if (mark) {
        return Error{ErrorKind::Conflict, "backup/unfinished-restore",
                     "This database is in the middle of a restore. Finish that first."};
    }
    KS_TRY(const auto key_check, find_note(snapshot, head.tables, kRootKeyCheck));
    head.root_key_check = key_check ? std::to_string(*key_check) : "";
    KS_CHECK(note_log(snapshot, head));
    ArchiveWriter writer(sink);
    KS_CHECK(writer.begin(head));
    for (std::uint32_t number = 0; number < head.tables.size(); ++number) {
        KS_CHECK(writer.begin_table(number));
        KS_CHECK(snapshot.for_each_row(head.tables[number], [&](std::span<const SqlValue> row) {
            return writer.add_row(row);
        }));
    }
    KS_TRY(made.end, writer.finish(tag_key));
    return made;
}

Result<MadeBackup> check_backup(ByteSource& source)
{
    ArchiveReader reader(source);
    MadeBackup read;
    KS_TRY(read.head, reader.read_head());
    const auto begin_table = [](const TableShape&) -> Result<void> { return {}; };
    const auto take_row = [](std::span<const SqlValue>) -> Result<void> { return {}; };
    KS_TRY(read.end, reader.read_rows(read.head, {begin_table, take_row}));
    return read;
}

Result<std::vector<Migration>> schema_of(const ArchiveHead& head, std::span<const Migration> known)
{
    std::vector<Migration> chosen;
    for (const auto& step : head.schema) {
        const auto same = std::ranges::find(known, step.number, &Migration::number);
        if (same == known.end()) {
            return Error{ErrorKind::Conflict, "storage/schema-too-new",
                         "The back-up was made by a newer version: it has migration " +
                             label(step) + ", which this version does not know."};
        }
        if (same->checksum != step.checksum || same->name != step.name) {
            return Error{ErrorKind::Conflict, "storage/schema-changed",
                         "The back-up has migration " + label(step) +
                             " with another text than this version."};
        }
        chosen.push_back(*same);
    }
    std::ranges::sort(chosen, {}, &Migration::number);
    return chosen;
}

Result<void> load_backup(ByteSource& source, EmptyDatabase& empty, const ArchiveEnd& checked)
{
    ArchiveReader reader(source);
    KS_TRY(const ArchiveHead head, reader.read_head());
    KS_TRY(const auto made, empty.list_tables());
    KS_CHECK(check_tables(head, made));
    const auto begin_table = [&](const TableShape& table) -> Result<void> {
        KS_CHECK(empty.begin_table(table));
        if (table.name != kNodeTable) {
            return {};
        }
        KS_TRY(const auto mark, mark_row(table, head, checked));
        return empty.insert(mark);
    };
    const auto take_row = [&](std::span<const SqlValue> row) { return empty.insert(row); };
    KS_TRY(const ArchiveEnd end, reader.read_rows(head, {begin_table, take_row}));
    if (end.digest != checked.digest) {
        return Error{ErrorKind::Conflict, "backup/damaged",
                     "The back-up's file was changed while it was read. Nothing was changed."};
    }
    return {};
}

Result<std::optional<std::int64_t>> find_mark(Snapshot& snapshot)
{
    KS_TRY(const auto tables, snapshot.list_tables());
    return find_note(snapshot, tables, kUnfinishedMark);
}

std::int64_t mark_of(const ArchiveEnd& end)
{
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i) {
        number = number << 8 | std::to_integer<std::uint64_t>(end.digest[i]);
    }
    return static_cast<std::int64_t>(number);
}

} // namespace keystead::backup
