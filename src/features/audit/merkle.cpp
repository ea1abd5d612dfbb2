#include "features/audit/merkle.h"

#include "crypto/hash.h"

#include <algorithm>
#include <bit>

namespace keystead::audit::merkle {

namespace {

constexpr std::byte kLeafPrefix{0x00};
constexpr std::byte kNodePrefix{0x01};

const Error kNoSuchLeaf{ErrorKind::NotFound, "audit/no-such-leaf", "The log has no such entry."};

/// "Let k be the largest power of two smaller than n": n > 1.
std::uint64_t split_point(std::uint64_t n)
{
    return std::bit_floor(n - 1);
}

/// MTH(D[begin:end]). `begin` is always a multiple of the power of two at or above the length, so
/// that every range whose length is a power of two is one stored node.
Result<Digest> range_root(std::uint64_t begin, std::uint64_t end, ReadNode read)
{
    const std::uint64_t length = end - begin;
    if (std::has_single_bit(length)) {
        const int level = std::countr_zero(length);
        return read({level, begin >> level});
    }
    const std::uint64_t k = split_point(length);
    KS_TRY(const Digest left, range_root(begin, begin + k, read));
    KS_TRY(const Digest right, range_root(begin + k, end, read));
    return node_hash(left, right);
}

/// PATH(m, D[begin:end]) of RFC 9162 §2.1.3.1; `leaf` counts from the start of the tree.
Result<void> append_path(std::uint64_t leaf, std::uint64_t begin, std::uint64_t end, ReadNode read,
                         std::vector<Digest>& proof)
{
    if (end - begin == 1) {
        return {};
    }
    const std::uint64_t middle = begin + split_point(end - begin);
    const bool goes_left = leaf < middle;
    KS_CHECK(goes_left ? append_path(leaf, begin, middle, read, proof)
                       : append_path(leaf, middle, end, read, proof));
    KS_TRY(const Digest sibling,
           goes_left ? range_root(middle, end, read) : range_root(begin, middle, read));
    proof.push_back(sibling);
    return {};
}

/// SUBPROOF(m, D[begin:end], b) of RFC 9162 §2.1.4.1, where m = first_size - begin; b says that the
/// range is a subtree that the verifier of the first tree knows already.
Result<void> append_subproof(std::uint64_t first_size, std::uint64_t begin, std::uint64_t end,
                             bool known, ReadNode read, std::vector<Digest>& proof)
{
    if (first_size == end) {
        if (!known) {
            KS_TRY(const Digest root, range_root(begin, end, read));
            proof.push_back(root);
        }
        return {};
    }
    const std::uint64_t middle = begin + split_point(end - begin);
    if (first_size <= middle) {
        KS_CHECK(append_subproof(first_size, begin, middle, known, read, proof));
        KS_TRY(const Digest right, range_root(middle, end, read));
        proof.push_back(right);
        return {};
    }
    KS_CHECK(append_subproof(first_size, middle, end, false, read, proof));
    KS_TRY(const Digest left, range_root(begin, middle, read));
    proof.push_back(left);
    return {};
}

} // namespace

Digest leaf_hash(ByteView entry)
{
    return crypto::sha256_of({ByteView(&kLeafPrefix, 1), entry});
}

Digest node_hash(const Digest& left, const Digest& right)
{
    return crypto::sha256_of({ByteView(&kNodePrefix, 1), left, right});
}

Digest empty_root()
{
    return crypto::sha256({});
}

Digest root_over(std::span<const Digest> hashes)
{
    if (hashes.empty()) {
        return empty_root();
    }
    if (hashes.size() == 1) {
        return hashes.front();
    }
    const auto k = static_cast<std::size_t>(split_point(hashes.size()));
    return node_hash(root_over(hashes.first(k)), root_over(hashes.subspan(k)));
}

Result<Digest> root_of(std::uint64_t size, ReadNode read)
{
    if (size == 0) {
        return empty_root();
    }
    return range_root(0, size, read);
}

Result<std::vector<Digest>> inclusion_proof(std::uint64_t leaf_index, std::uint64_t size,
                                            ReadNode read)
{
    if (leaf_index >= size) {
        return kNoSuchLeaf;
    }
    std::vector<Digest> proof;
    KS_CHECK(append_path(leaf_index, 0, size, read, proof));
    return proof;
}

Result<std::vector<Digest>> consistency_proof(std::uint64_t first_size, std::uint64_t second_size,
                                              ReadNode read)
{
    if (first_size == 0 || first_size > second_size) {
        return kNoSuchLeaf;
    }
    std::vector<Digest> proof;
    KS_CHECK(append_subproof(first_size, 0, second_size, true, read, proof));
    return proof;
}

bool verify_inclusion(const Digest& leaf_hash, std::uint64_t leaf_index, std::uint64_t size,
                      std::span<const Digest> proof, const Digest& root)
{
    if (leaf_index >= size) {
        return false;
    }
    std::uint64_t fn = leaf_index; // The names of RFC 9162 §2.1.3.2.
    std::uint64_t sn = size - 1;
    Digest r = leaf_hash;
    for (const Digest& p : proof) {
        if (sn == 0) {
            return false;
        }
        if ((fn & 1) != 0 || fn == sn) {
            r = node_hash(p, r);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            r = node_hash(r, p);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && r == root;
}

bool verify_consistency(std::uint64_t first_size, const Digest& first_root,
                        std::uint64_t second_size, const Digest& second_root,
                        std::span<const Digest> proof)
{
    if (first_size == 0 || first_size > second_size) {
        return false;
    }
    if (first_size == second_size) {
        return proof.empty() && first_root == second_root;
    }
    if (proof.empty()) {
        return false;
    }
    // "If first is an exact power of 2, then prepend first_hash to the consistency_path array."
    const bool prepend = std::has_single_bit(first_size);
    const Digest& seed = prepend ? first_root : proof.front();
    const auto rest = prepend ? proof : proof.subspan(1);
    std::uint64_t fn = first_size - 1; // The names of RFC 9162 §2.1.4.2.
    std::uint64_t sn = second_size - 1;
    while ((fn & 1) != 0) {
        fn >>= 1;
        sn >>= 1;
    }
    Digest fr = seed;
    Digest sr = seed;
    for (const Digest& c : rest) {
        if (sn == 0) {
            return false;
        }
        if ((fn & 1) != 0 || fn == sn) {
            fr = node_hash(c, fr);
            sr = node_hash(c, sr);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            sr = node_hash(sr, c);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && fr == first_root && sr == second_root;
}

} // namespace keystead::audit::merkle
