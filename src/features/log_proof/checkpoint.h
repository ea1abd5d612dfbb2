// features/log_proof/checkpoint.h
//
// Checkpoints (C2SP tlog-checkpoint): origin, size and root of a log, as the text of a signed note.
// Pure.
//
// Sources: https://c2sp.org/tlog-checkpoint
#pragma once

#include "core/bytes.h"
#include "features/log_proof/signed_note.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keystead::log_proof {

struct Checkpoint {
    std::string origin;
    std::uint64_t size = 0;
    Digest root = {};

    /// The text of a note. Extension lines after the root are allowed and not looked at.
    static std::optional<Checkpoint> parse(std::string_view text);
    std::string text() const;
    bool operator==(const Checkpoint&) const = default;
};

/// A checkpoint with a good signature of `key`, whose name is its origin.
std::optional<Checkpoint> open_checkpoint(const SignedNote& note, const VerifierKey& key);

} // namespace keystead::log_proof
