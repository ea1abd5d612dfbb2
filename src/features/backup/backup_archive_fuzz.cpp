// Any bytes as a back-up: what is read whole can be written again, byte for byte up to the tag.
#include "features/backup/backup_archive.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

namespace {

using namespace keystead;

class Text final : public backup::ByteSource, public backup::ByteSink {
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

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    Text in(std::string(reinterpret_cast<const char*>(data), size));
    backup::ArchiveReader reader(in);
    const auto head = reader.read_head();
    if (!head) {
        return 0;
    }
    Text out;
    backup::ArchiveWriter writer(out);
    if (!writer.begin(*head)) {
        std::abort();
    }
    std::uint32_t table = 0;
    const auto begin_table = [&](const TableShape&) { return writer.begin_table(table++); };
    const auto take_row = [&](std::span<const SqlValue> row) { return writer.add_row(row); };
    const auto end = reader.read_rows(*head, {begin_table, take_row});
    if (!end) {
        return 0;
    }
    const auto written = writer.finish(Secret(32));
    if (!written || written->rows != end->rows) {
        std::abort();
    }
    Text again(out.text()); // The head may have been written with other spaces.
    backup::ArchiveReader second(again);
    const auto second_head = second.read_head();
    if (!second_head || second_head->tables != head->tables) {
        std::abort();
    }
    return 0;
}
