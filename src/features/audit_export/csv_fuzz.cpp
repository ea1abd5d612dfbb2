// Property: a cell reads back as what was put in, but for the apostrophe and NUL, ends where it
// should, and begins no formula; and a position is read from one text only.
#include "features/audit_export/audit_export_service.h"
#include "features/audit_export/csv.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

/// RFC 4180 §2, rules 5 to 7. Empty when a quote stands alone.
std::string read_cell(std::string_view cell)
{
    std::string text;
    for (std::size_t at = 1; at + 1 < cell.size(); ++at) {
        if (cell[at] == '"' && cell[++at] != '"') {
            return {};
        }
        text.push_back(cell[at]);
    }
    return text;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead::audit_export;
    std::string text(reinterpret_cast<const char*>(data), size);
    std::string cell;
    append_csv_cell(cell, text);
    std::ranges::replace(text, '\0', ' ');
    const std::string read = read_cell(cell);
    if (cell.size() < 2 || cell.front() != '"' || cell.back() != '"' ||
        (read != text && read != "'" + text)) {
        std::abort();
    }
    const std::size_t first = read.find_first_not_of(' ');
    if (first != read.npos && std::string_view("=+-@\t\r\n").contains(read[first])) {
        std::abort();
    }
    if (const auto position = Position::parse(text)) {
        const auto again = Position::parse(position->text());
        if (!again || again->text() != position->text()) {
            std::abort();
        }
    }
    return 0;
}
