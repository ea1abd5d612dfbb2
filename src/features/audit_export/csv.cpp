#include "features/audit_export/csv.h"

namespace keystead::audit_export {

namespace {

/// Also of a cell whose formula stands behind spaces, which some programs pass over; NUL becomes
/// one.
bool may_be_formula(std::string_view text)
{
    constexpr std::string_view kSpaces(" \0", 2);
    const std::size_t first = text.find_first_not_of(kSpaces);
    return first != std::string_view::npos &&
           std::string_view("=+-@\t\r\n").find(text[first]) != std::string_view::npos;
}

} // namespace

void append_csv_cell(std::string& out, std::string_view text)
{
    out.push_back('"');
#ifndef KEYSTEAD_WITHOUT_CSV_FORMULA
    if (may_be_formula(text)) {
        out.push_back('\'');
    }
#endif
    for (const char c : text) {
        if (c == '"') {
            out.push_back('"');
        }
        out.push_back(c == '\0' ? ' ' : c);
    }
    out.push_back('"');
}

void append_csv_line(std::string& out, std::span<const std::string> cells)
{
    for (std::size_t at = 0; at < cells.size(); ++at) {
        if (at > 0) {
            out.push_back(',');
        }
        append_csv_cell(out, cells[at]);
    }
    out.append("\r\n");
}

} // namespace keystead::audit_export
