// app/audit_file_verb.h
//
// `keystead audit verify-file`: reads an export or proof and prints the verdict. Needs neither
// server nor data.
#pragma once

#include "app/command_line.h"
#include "core/result.h"

#include <string>

namespace keystead::app {

struct FileVerdict {
    std::string json;
    ExitStatus status = ExitStatus::Ok; // Failed: something is wrong with the file
};
/// Errors: audit/no-such-file (NotFound), audit/not-a-key and audit/no-checkpoint (InvalidInput),
/// audit/unreadable-file (Unavailable).
Result<FileVerdict> verify_file(const Invocation& invocation);

/// The last kFileEndBytesMax bytes of a file. Errors: audit/no-such-file, audit/unreadable-file.
Result<std::string> read_file_end(const std::string& path);

} // namespace keystead::app
