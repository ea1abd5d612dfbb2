#include "features/backup/backup_archive.h"

#include "core/encoding.h"
#include "core/json.h"
#include "crypto/hash.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

namespace keystead::backup {
namespace {

constexpr std::string_view kMagic = "keystead-backup 1\n";
constexpr std::string_view kMagicOfAnyFormat = "keystead-backup ";
constexpr std::size_t kHeadBytesMax = std::size_t{1} << 20;
constexpr std::size_t kRowBytesMax = std::size_t{64} << 20; // of its texts and bytes
constexpr std::size_t kPieceBytes = std::size_t{256} << 10;
constexpr JsonLimits kHeadLimits{.depth_max = 5, .members_max = 50'000, .string_bytes_max = 4096};

enum class Mark : std::uint8_t { Table = 'T', Row = 'R', End = 'E' };
enum class Kind : std::uint8_t { Null = 0, Integer = 1, Text = 2, Bytes = 3 };

Error damaged(std::string_view what)
{
    return {.kind = ErrorKind::InvalidInput,
            .code = "backup/damaged",
            .detail = "The back-up is damaged: " + std::string(what) + "."};
}

template <class Integer> void append_integer(std::string& out, Integer value)
{
    const auto bits = static_cast<std::make_unsigned_t<Integer>>(value);
    for (std::size_t byte = sizeof(Integer); byte-- > 0;) {
        out += static_cast<char>(bits >> (8 * byte) & 0xff);
    }
}

void append_mark(std::string& out, Mark mark)
{
    out += static_cast<char>(std::to_underlying(mark));
}

struct AppendValue {
    std::string& out;
    void operator()(std::monostate) const { append(Kind::Null); }
    void operator()(std::int64_t number) const
    {
        append(Kind::Integer);
        append_integer(out, number);
    }
    void operator()(const std::string& text) const { append_sized(Kind::Text, text); }
    void operator()(const Bytes& bytes) const { append_sized(Kind::Bytes, as_text(bytes)); }

private:
    void append(Kind kind) const { out += static_cast<char>(std::to_underlying(kind)); }
    void append_sized(Kind kind, std::string_view bytes) const
    {
        append(kind);
        append_integer(out, static_cast<std::uint32_t>(bytes.size()));
        out += bytes;
    }
};

/// Of a text or bytes; a number has none to speak of.
std::size_t size_of(const SqlValue& value)
{
    const auto* const text = std::get_if<std::string>(&value);
    const auto* const bytes = std::get_if<Bytes>(&value);
    return text != nullptr ? text->size() : bytes != nullptr ? bytes->size() : 0;
}

std::string head_as_json(const ArchiveHead& head)
{
    JsonWriter json;
    json.begin_object()
        .member("product_version", head.product_version)
        .member("engine", head.engine == Database::Engine::Sqlite ? "sqlite" : "postgres")
        .member("made_at", head.made_at)
        .member("root_key_check", head.root_key_check)
        .member("log_size", head.log_size)
        .member("log_root", head.log_root)
        .key("schema")
        .begin_array();
    for (const auto& step : head.schema) {
        json.begin_object()
            .member("number", step.number)
            .member("name", step.name)
            .member("checksum", step.checksum)
            .end_object();
    }
    json.end_array().key("tables").begin_array();
    for (const auto& table : head.tables) {
        json.begin_object().member("name", table.name).key("columns").begin_array();
        for (const auto& column : table.columns) {
            json.value(column);
        }
        json.end_array().end_object();
    }
    return std::move(json.end_array().end_object()).take();
}

/// Members of a head, each of the kind it has to be.
class HeadJson {
public:
    explicit HeadJson(const JsonValue& value) : value_(value) {}
    Result<std::string> text(std::string_view name) const
    {
        KS_TRY(const JsonValue* const found, member(name, JsonValue::Kind::String));
        return std::string(found->string());
    }
    Result<std::int64_t> count(std::string_view name) const
    {
        KS_TRY(const JsonValue* const found, member(name, JsonValue::Kind::Integer));
        if (found->integer() < 0) {
            return damaged("its head has a negative number");
        }
        return found->integer();
    }
    Result<const JsonArray*> array(std::string_view name) const
    {
        KS_TRY(const JsonValue* const found, member(name, JsonValue::Kind::Array));
        return &found->array();
    }

private:
    Result<const JsonValue*> member(std::string_view name, JsonValue::Kind kind) const
    {
        const JsonValue* const found = value_.find(name);
        if (found == nullptr || found->kind() != kind) {
            return damaged("its head lacks \"" + std::string(name) + "\"");
        }
        return found;
    }
    const JsonValue& value_;
};

Result<storage::AppliedMigration> step_of(const JsonValue& value)
{
    const HeadJson json(value);
    storage::AppliedMigration step;
    KS_TRY(const auto number, json.count("number"));
    if (number < 1 || number > 9999) {
        return damaged("its head names a migration that cannot be");
    }
    step.number = static_cast<int>(number);
    KS_TRY(step.name, json.text("name"));
    KS_TRY(step.checksum, json.text("checksum"));
    return step;
}

Result<TableShape> table_of(const JsonValue& value)
{
    const HeadJson json(value);
    TableShape table;
    KS_TRY(table.name, json.text("name"));
    KS_TRY(const JsonArray* const columns, json.array("columns"));
    for (const JsonValue& column : *columns) {
        if (column.kind() != JsonValue::Kind::String) {
            return damaged("a column without a name");
        }
        table.columns.emplace_back(column.string());
    }
    if (table.columns.empty()) {
        return damaged("a table without columns");
    }
    return table;
}

Result<ArchiveHead> head_of(std::string_view text)
{
    const auto value = parse_json(text, kHeadLimits);
    if (!value) {
        return damaged("its head is not what was written");
    }
    const HeadJson json(*value);
    ArchiveHead head;
    KS_TRY(head.product_version, json.text("product_version"));
    KS_TRY(const auto engine, json.text("engine"));
    if (engine != "sqlite" && engine != "postgres") {
        return damaged("it names an engine that is not known");
    }
    head.engine = engine == "sqlite" ? Database::Engine::Sqlite : Database::Engine::Postgres;
    KS_TRY(const auto made_at, json.text("made_at"));
    const auto instant = parse_rfc3339(made_at);
    if (!instant) {
        return damaged("it does not say when it was made");
    }
    head.made_at = *instant;
    KS_TRY(head.root_key_check, json.text("root_key_check"));
    KS_TRY(const auto size, json.count("log_size"));
    head.log_size = static_cast<std::uint64_t>(size);
    KS_TRY(head.log_root, json.text("log_root"));
    KS_TRY(const JsonArray* const schema, json.array("schema"));
    for (const JsonValue& one : *schema) {
        KS_TRY(auto step, step_of(one));
        head.schema.push_back(std::move(step));
    }
    KS_TRY(const JsonArray* const tables, json.array("tables"));
    for (const JsonValue& one : *tables) {
        KS_TRY(auto table, table_of(one));
        head.tables.push_back(std::move(table));
    }
    return head;
}

} // namespace

Result<void> ArchiveWriter::begin(const ArchiveHead& head)
{
    const std::string json = head_as_json(head);
    KS_ASSERT(json.size() <= kHeadBytesMax);
    buffer_ += kMagic;
    append_integer(buffer_, static_cast<std::uint32_t>(json.size()));
    buffer_ += json;
    return flush();
}

Result<void> ArchiveWriter::begin_table(std::uint32_t number)
{
    append_mark(buffer_, Mark::Table);
    append_integer(buffer_, number);
    return {};
}

Result<void> ArchiveWriter::add_row(std::span<const SqlValue> values)
{
    append_mark(buffer_, Mark::Row);
    std::size_t room = kRowBytesMax;
    for (const SqlValue& value : values) {
        if (size_of(value) > room) {
            return Error{.kind = ErrorKind::Internal,
                         .code = "storage/internal",
                         .cause = "a row is larger than a back-up holds"};
        }
        room -= size_of(value);
        std::visit(AppendValue{buffer_}, value);
    }
    ++rows_;
    return buffer_.size() < kPieceBytes ? Result<void>{} : flush();
}

Result<ArchiveEnd> ArchiveWriter::finish(const Secret& tag_key)
{
    append_mark(buffer_, Mark::End);
    append_integer(buffer_, rows_);
    KS_CHECK(flush());
    ArchiveEnd end{.rows = rows_, .digest = hash_.finish()};
    end.tag = crypto::hmac_sha256(tag_key, end.digest);
    KS_CHECK(sink_.write(end.digest));
    KS_CHECK(sink_.write(end.tag));
    return end;
}

Result<void> ArchiveWriter::flush()
{
    hash_.add(as_bytes(buffer_));
    auto written = sink_.write(as_bytes(buffer_));
    buffer_.clear();
    return written;
}

Result<void> ArchiveReader::fill(std::span<std::byte> into)
{
    KS_TRY(const std::size_t size, source_.read(into));
    if (size != into.size()) {
        return damaged("it ends too early");
    }
    hash_.add(into);
    return {};
}

/// Memory grows with what is really there, not with what a length says.
Result<std::string> ArchiveReader::read_text(std::size_t size)
{
    std::string text;
    while (text.size() < size) {
        const std::size_t have = text.size();
        text.resize(std::min(size, have + kPieceBytes));
        KS_CHECK(fill(std::as_writable_bytes(std::span(text)).subspan(have)));
    }
    return text;
}

template <class Integer> Result<Integer> ArchiveReader::read_integer()
{
    std::array<std::byte, sizeof(Integer)> bytes{};
    KS_CHECK(fill(bytes));
    std::make_unsigned_t<Integer> value = 0;
    for (const std::byte byte : bytes) {
        value = static_cast<std::make_unsigned_t<Integer>>((sizeof(Integer) == 1 ? 0 : value << 8) |
                                                           std::to_integer<unsigned>(byte));
    }
    return static_cast<Integer>(value);
}

Result<ArchiveHead> ArchiveReader::read_head()
{
    std::array<std::byte, kMagic.size()> magic{};
    const auto began = fill(magic);
    if (!began || !as_text(magic).starts_with(kMagicOfAnyFormat)) {
        return Error{ErrorKind::InvalidInput, "backup/not-a-backup",
                     "This file is not a back-up of Keystead."};
    }
    if (as_text(magic) != kMagic) {
        return Error{ErrorKind::InvalidInput, "backup/unknown-format",
                     "This back-up was made by a newer version, in a form that this one does not "
                     "know."};
    }
    KS_TRY(const auto size, read_integer<std::uint32_t>());
    if (size > kHeadBytesMax) {
        return damaged("its head is too large");
    }
    KS_TRY(const std::string text, read_text(size));
    return head_of(text);
}

Result<SqlValue> ArchiveReader::read_value(std::size_t& room)
{
    KS_TRY(const auto kind, read_integer<std::uint8_t>());
    if (kind == std::to_underlying(Kind::Null)) {
        return SqlValue{};
    }
    if (kind == std::to_underlying(Kind::Integer)) {
        KS_TRY(const auto number, read_integer<std::int64_t>());
        return SqlValue{number};
    }
    if (kind != std::to_underlying(Kind::Text) && kind != std::to_underlying(Kind::Bytes)) {
        return damaged("a value of no kind");
    }
    KS_TRY(const auto size, read_integer<std::uint32_t>());
    if (size > room) {
        return damaged("a row is too large");
    }
    room -= size;
    KS_TRY(std::string bytes, read_text(size));
    if (kind == std::to_underlying(Kind::Bytes)) {
        return SqlValue{to_bytes(as_bytes(bytes))};
    }
    return SqlValue{std::move(bytes)};
}

Result<void> ArchiveReader::read_row(const TableShape* table, const TakeRow& take,
                                     std::vector<SqlValue>& row)
{
    if (table == nullptr) {
        return damaged("a row without a table");
    }
    row.resize(table->columns.size());
    std::size_t room = kRowBytesMax;
    for (SqlValue& value : row) {
        KS_TRY(value, read_value(room));
    }
    return take(row);
}

Result<ArchiveEnd> ArchiveReader::read_rows(const ArchiveHead& head, const ArchiveTaker& taker)
{
    const TableShape* table = nullptr;
    std::uint32_t next_table = 0;
    std::uint64_t rows = 0;
    std::vector<SqlValue> row;
    while (true) {
        KS_TRY(const auto mark, read_integer<std::uint8_t>());
        if (mark == std::to_underlying(Mark::Row)) {
            KS_CHECK(read_row(table, taker.take_row, row));
            ++rows;
        } else if (mark == std::to_underlying(Mark::Table)) {
            KS_TRY(const auto number, read_integer<std::uint32_t>());
            if (number != next_table || number >= head.tables.size()) {
                return damaged("its tables are not in order");
            }
            table = &head.tables[next_table++];
            KS_CHECK(taker.begin_table(*table));
        } else if (mark == std::to_underlying(Mark::End) && next_table == head.tables.size()) {
            return read_end(rows);
        } else {
            return damaged("something that is neither table nor row");
        }
    }
}

Result<ArchiveEnd> ArchiveReader::read_end(std::uint64_t rows_seen)
{
    KS_TRY(const auto rows, read_integer<std::uint64_t>());
    if (rows != rows_seen) {
        return damaged("rows are missing");
    }
    ArchiveEnd end{.rows = rows, .digest = hash_.finish()};
    Digest written{};
    KS_TRY(const std::size_t digest_size, source_.read(written));
    KS_TRY(const std::size_t tag_size, source_.read(end.tag));
    std::array<std::byte, 1> after{};
    KS_TRY(const std::size_t rest, source_.read(after));
    if (digest_size != written.size() || tag_size != end.tag.size()) {
        return damaged("it ends too early");
    }
    if (rest != 0) {
        return damaged("something stands behind its end");
    }
    if (written != end.digest) {
        return damaged("its checksum does not fit what it holds");
    }
    return end;
}

bool is_genuine(const ArchiveEnd& end, const Secret& tag_key)
{
    return crypto::constant_time_equal(end.tag, crypto::hmac_sha256(tag_key, end.digest));
}

} // namespace keystead::backup
