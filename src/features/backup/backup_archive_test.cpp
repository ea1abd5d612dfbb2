#include "features/backup/backup_archive.h"

#include "test/support/fake_clock.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace keystead::backup {
namespace {

class Text final : public ByteSource, public ByteSink {
public:
    explicit Text(std::string text = {}) : text_(std::move(text)) {}
    Result<std::size_t> read(std::span<std::byte> into) override
    {
        const std::size_t size = std::min(into.size(), text_.size() - at_);
        std::copy_n(std::as_bytes(std::span(text_)).begin() + static_cast<std::ptrdiff_t>(at_),
                    size, into.begin());
        at_ += size;
        return size;
    }
    Result<void> write(ByteView bytes) override
    {
        text_ += as_text(bytes);
        return {};
    }
    const std::string& text() const { return text_; }

private:
    std::string text_;
    std::size_t at_ = 0;
};

ArchiveHead sample_head()
{
    ArchiveHead head;
    head.product_version = "1.2.3";
    head.engine = Database::Engine::Postgres;
    head.made_at = test::FakeClock().now();
    head.root_key_check = "-17";
    head.log_size = 5;
    head.log_root = "AAAA";
    head.schema = {{1, "node", "abc"}, {2, "audit", "def"}};
    head.tables = {{"empty", {"a"}}, {"full", {"id", "number", "words"}}};
    return head;
}

const Secret& tag_key()
{
    static const Secret key = Secret::copy_of("01234567890123456789012345678901");
    return key;
}

using TableRows = std::vector<std::vector<SqlValue>>;

TableRows sample_rows()
{
    return {{Bytes{std::byte{0}, std::byte{255}}, std::int64_t{-1}, std::string("words")},
            {Bytes{}, SqlValue{}, std::string()},
            {SqlValue{}, std::int64_t{1} << 62, std::string(1000, 'x')}};
}

std::string sample()
{
    Text out;
    ArchiveWriter writer(out);
    EXPECT_TRUE(writer.begin(sample_head()));
    EXPECT_TRUE(writer.begin_table(0));
    EXPECT_TRUE(writer.begin_table(1));
    for (const auto& row : sample_rows()) {
        EXPECT_TRUE(writer.add_row(row));
    }
    EXPECT_TRUE(writer.finish(tag_key()));
    return out.text();
}

struct Whole {
    ArchiveHead head;
    ArchiveEnd end;
    TableRows rows;
};

Result<Whole> read(const std::string& text)
{
    Text in(text);
    ArchiveReader reader(in);
    Whole whole;
    KS_TRY(whole.head, reader.read_head());
    const auto begin_table = [](const TableShape&) -> Result<void> { return {}; };
    const auto take_row = [&](std::span<const SqlValue> row) -> Result<void> {
        whole.rows.emplace_back(row.begin(), row.end());
        return {};
    };
    KS_TRY(whole.end, reader.read_rows(whole.head, {begin_table, take_row}));
    return whole;
}

// guards: what was written is read, to the value
TEST(BackupArchive, GivesBackWhatWasWritten)
{
    const auto whole = read(sample());
    ASSERT_TRUE(whole) << whole.error().detail;
    const ArchiveHead head = sample_head();
    EXPECT_EQ(whole->head.product_version, head.product_version);
    EXPECT_EQ(whole->head.engine, head.engine);
    EXPECT_EQ(whole->head.made_at, head.made_at);
    EXPECT_EQ(whole->head.root_key_check, head.root_key_check);
    EXPECT_EQ(whole->head.log_size, head.log_size);
    EXPECT_EQ(whole->head.schema.size(), 2U);
    EXPECT_EQ(whole->head.schema[1].checksum, "def");
    EXPECT_EQ(whole->head.tables, head.tables);
    EXPECT_EQ(whole->rows, sample_rows());
    EXPECT_EQ(whole->end.rows, 3U);
    EXPECT_TRUE(is_genuine(whole->end, tag_key()));
}

// guards: a back-up that ends anywhere but at its end is refused
TEST(BackupArchive, IsRefusedWhenCut)
{
    const std::string whole = sample();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(read(whole.substr(0, size))) << size;
    }
    EXPECT_FALSE(read(whole + '\0'));
}

// guards: no byte can be another: the checksum finds it, or the tag
TEST(BackupArchive, IsRefusedWhenAByteIsAnother)
{
    std::string text = sample();
    for (char& byte : text) {
        const char kept = byte;
        byte = static_cast<char>(byte ^ 0x21);
        const auto whole = read(text);
        EXPECT_TRUE(!whole || !is_genuine(whole->end, tag_key())) << &byte - text.data();
        byte = kept;
    }
}

// guards: a back-up that somebody else made, checksum and all, is not taken for ours
TEST(BackupArchive, IsNotGenuineUnderAnotherKey)
{
    const auto whole = read(sample());
    ASSERT_TRUE(whole);
    EXPECT_FALSE(is_genuine(whole->end, Secret::copy_of("another key, of the same length.")));
}

// guards: lengths and numbers that lie are refused, without the memory they ask for
TEST(BackupArchive, BelievesNoLength)
{
    const std::string whole = sample();
    EXPECT_EQ(read("PK\3\4 something else entirely").error().code, "backup/not-a-backup");
    EXPECT_EQ(read("keystead-backup 2\n" + whole.substr(18)).error().code, "backup/unknown-format");
    std::string head = whole;
    head.replace(18, 4, "\xff\xff\xff\xff");
    EXPECT_EQ(read(head).error().code, "backup/damaged");
    const std::size_t value = whole.find(std::string("\2\0\0\0\5words", 10));
    ASSERT_NE(value, std::string::npos);
    std::string length = whole;
    length.replace(value + 1, 4, std::string("\3\xff\xff\xff", 4));
    EXPECT_EQ(read(length).error().code, "backup/damaged");
    const std::string large =
        std::string("\2\2\x80\0\0", 5) + std::string(std::size_t{40} << 20, 'x');
    const std::size_t rows = whole.find(std::string("T\0\0\0\1", 5)) + 5;
    EXPECT_EQ(read(whole.substr(0, rows) + "R" + large + large).error().detail,
              read(length).error().detail);
    std::string table = whole;
    const std::size_t first_table = table.find(std::string("T\0\0\0\0", 5));
    ASSERT_NE(first_table, std::string::npos);
    table[first_table + 4] = 1;
    EXPECT_EQ(read(table).error().code, "backup/damaged");
}

} // namespace
} // namespace keystead::backup
