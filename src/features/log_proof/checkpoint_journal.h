// features/log_proof/checkpoint_journal.h
//
// The file that checkpoints are appended to, outside the data folder: best on a disk or share that
// whoever runs the database cannot write back. Notes stand one after the other with an empty line
// between, as other people's tools read them. Called inside no transaction.
#pragma once

#include "core/result.h"
#include "features/log_proof/signed_note.h"

#include <optional>
#include <string>

namespace keystead::log_proof {

class CheckpointJournal {
public:
    /// Empty: there is none.
    explicit CheckpointJournal(std::string path) : path_(std::move(path)) {}
    bool is_wanted() const { return !path_.empty(); }
    /// Appends one note and makes it durable. The file is made when it is missing. Errors:
    /// audit/journal-unwritable (Unavailable).
    Result<void> append(const std::string& note);
    /// The last note that is whole; nothing in an empty or missing file. Errors:
    /// audit/journal-unreadable (Unavailable): also when there is something, and no note.
    Result<std::optional<SignedNote>> find_last() const;

private:
    std::string path_;
};

} // namespace keystead::log_proof
