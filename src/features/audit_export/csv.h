// features/audit_export/csv.h
//
// Lines of CSV (RFC 4180). A cell that a spreadsheet would take for a formula gets an apostrophe in
// front, since what stands in it may have been chosen by a stranger. Pure.
//
// Sources: RFC 4180 §2 · OWASP, "CSV Injection"
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace keystead::audit_export {

void append_csv_cell(std::string& out, std::string_view text);
/// The cells with commas between, ended by CRLF.
void append_csv_line(std::string& out, std::span<const std::string> cells);

} // namespace keystead::audit_export
