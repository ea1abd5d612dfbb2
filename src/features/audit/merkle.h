// features/audit/merkle.h
//
// The Merkle tree of RFC 9162 §2.1 with SHA-256: hashing, roots, inclusion and consistency proofs
// and their verification. Pure: nodes are asked for through a function, so that the tree may lie in
// tiles, in memory or in a file. Sizes and indexes are below 2^62: a log never gets there, and
// shifts stay defined.
#pragma once

#include "core/bytes.h"
#include "core/function_ref.h"
#include "core/result.h"

#include <cstdint>
#include <span>
#include <vector>

namespace keystead::audit::merkle {

/// HASH(0x00 || entry) (RFC 9162 §2.1.1).
Digest leaf_hash(ByteView entry);
/// HASH(0x01 || left || right).
Digest node_hash(const Digest& left, const Digest& right);
/// HASH() of nothing: the root of the empty tree.
Digest empty_root();

/// A perfect subtree: the root of the 2^level leaves that begin at leaf index << level.
struct Node {
    int level = 0;
    std::uint64_t index = 0;
    bool operator==(const Node&) const = default;
};
using ReadNode = function_ref<Result<Digest>(Node)>;

/// The root over `hashes`, which are the roots of equal perfect subtrees (or leaf hashes);
/// empty_root() for none.
Digest root_over(std::span<const Digest> hashes);

/// The root over the first `size` leaves.
Result<Digest> root_of(std::uint64_t size, ReadNode read);
/// RFC 9162 §2.1.3.1. Errors: audit/no-such-leaf (NotFound) unless leaf_index < size; those of
/// `read`.
Result<std::vector<Digest>> inclusion_proof(std::uint64_t leaf_index, std::uint64_t size,
                                            ReadNode read);
/// RFC 9162 §2.1.4.1. Errors: audit/no-such-leaf unless 0 < first_size <= second_size; those of
/// `read`.
Result<std::vector<Digest>> consistency_proof(std::uint64_t first_size, std::uint64_t second_size,
                                              ReadNode read);

/// RFC 9162 §2.1.3.2. False for anything that is not a proof: foreign input is welcome.
bool verify_inclusion(const Digest& leaf_hash, std::uint64_t leaf_index, std::uint64_t size,
                      std::span<const Digest> proof, const Digest& root);
/// RFC 9162 §2.1.4.2. An empty first tree proves nothing and is refused.
bool verify_consistency(std::uint64_t first_size, const Digest& first_root,
                        std::uint64_t second_size, const Digest& second_root,
                        std::span<const Digest> proof);

} // namespace keystead::audit::merkle
