// features/log_proof/audit_file.h
//
// The export file: JSON Lines that carry events, what is left of their personal values, and what is
// needed to check them against a checkpoint. Written down in docs/audit.md; this is the writer, and
// the one place that knows how an event looks in it. Reading and checking is audit_file_check.h.
// Pure.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "features/audit/log_reader_service.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::log_proof {

inline constexpr int kAuditFileVersion = 1;

enum class FileForm : std::uint8_t {
    Whole,     // a line for each entry of the tree, in its order
    Selection, // any events, each with its proof
};

struct FileHeader {
    FileForm form = FileForm::Whole;
    std::string origin;
    std::uint64_t size = 0;
    Digest root = {};
    std::string vkey;
    std::string checkpoint; // a signed note
    bool pseudonymous = false;
    Instant exported_at{};
};

void append_header(std::string& out, const FileHeader& header);
/// Nothing unless `line`, without its break, is exactly what append_header() makes of some header.
std::optional<FileHeader> parse_header(std::string_view line);
/// One event, with `proof` in a selection; `values` are left out of a pseudonymous file. False, and
/// nothing appended, when `canonical` cannot be read: such an event is damaged.
bool append_event(std::string& out, std::uint64_t leaf_index, ByteView nonce, ByteView canonical,
                  std::span<const audit::PersonalValue> values,
                  std::optional<std::span<const Digest>> proof = std::nullopt);
/// An entry whose event is kept no more.
void append_entry(std::string& out, std::uint64_t leaf_index, const Digest& entry);
/// `lines`: how many events and entries came before.
void append_end(std::string& out, std::uint64_t lines);

} // namespace keystead::log_proof
