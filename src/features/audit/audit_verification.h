// features/audit/audit_verification.h
//
// Checks the stored log against itself: events against entries, entries against tiles, tiles
// against the root, search columns and personal values against what was committed to. And proofs,
// out of the stored tiles. A log that is checked against itself alone can have been rewritten as a
// whole: only a checkpoint kept elsewhere tells.
#pragma once

#include "core/result.h"
#include "features/audit/merkle.h"
#include "features/audit/tiles.h"
#include "storage/database.h"

#include <cstdint>
#include <string>
#include <vector>

namespace keystead::audit {

struct Verification {
    std::uint64_t size = 0; // entries in the tree
    Digest root = {};
    std::uint64_t unnumbered = 0;    // events that wait for the sequencer
    std::vector<std::string> faults; // in words, at most kFaultsMax; empty: the log is whole
    static constexpr std::size_t kFaultsMax = 20;
};

/// Reads the whole log. Errors: those of the statements alone; damage is a fault, not an Error.
Result<Verification> verify_all(ReadTx& tx);

/// The entry of a leaf and its proof against the tree of `size` leaves. Errors: audit/no-such-leaf,
/// audit/tree-damaged.
struct Inclusion {
    Digest entry = {};
    std::vector<Digest> proof;
};
Result<Inclusion> prove_inclusion(ReadTx& tx, std::uint64_t leaf_index, std::uint64_t size);
Result<std::vector<Digest>> prove_consistency(ReadTx& tx, std::uint64_t first_size,
                                              std::uint64_t second_size);

} // namespace keystead::audit
