// features/log_proof/audit_file_check.h
//
// Reads an export file (audit_file.h, docs/audit.md) line by line and says all that is wrong with
// it: signature, root, order, proofs, decoded fields, personal values. It holds no more than a line
// and the edge of the tree in memory, whatever the file's size. Pure; foreign bytes are welcome.
//
// A file that carries its own key proves only that it fits together. Who verifies should have the
// key, and better a checkpoint too, from elsewhere: the report says which it was.
#pragma once

#include "features/log_proof/audit_file.h"
#include "features/log_proof/checkpoint.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::log_proof {

struct FileCheckOptions {
    std::optional<VerifierKey> key; // had from elsewhere; nothing: the file's own is believed
    std::vector<SignedNote> kept;   // checkpoints kept elsewhere
};

struct FileReport {
    FileHeader header;
    std::uint64_t events = 0;
    std::uint64_t entries_alone = 0; // lines of entries whose events are kept no more
    std::uint64_t values = 0;   // personal values that are there, and are what was committed to
    std::uint64_t withheld = 0; // commitments without a value: erased, or left out
    std::uint64_t kept_compared = 0; // checkpoints kept elsewhere that the file agrees with
    bool own_key = false;            // the key was the file's own
    std::vector<std::string> faults; // in words, at most kFaultsMax; empty: nothing is wrong
    static constexpr std::size_t kFaultsMax = 20;
};

class AuditFileCheck {
public:
    static constexpr std::size_t kLineBytesMax = std::size_t{2} << 20;

    explicit AuditFileCheck(FileCheckOptions options);
    ~AuditFileCheck();
    AuditFileCheck(const AuditFileCheck&) = delete;
    AuditFileCheck& operator=(const AuditFileCheck&) = delete;

    /// The next line, without its break.
    void take_line(std::string_view line);
    /// After the last line.
    FileReport finish();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// A whole file in memory.
FileReport check_file(std::string_view contents, FileCheckOptions options);

} // namespace keystead::log_proof
