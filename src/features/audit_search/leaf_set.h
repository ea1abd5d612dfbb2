// features/audit_search/leaf_set.h
//
// The leaves of one block of the log that have something in common: 4,096 places, kept as a list of
// places while there are few, as bits otherwise. Pure.
//
//     fewer than 256 places   2 bytes each, big-endian, growing
//     256 places and more     512 bytes: bit i of byte b (lowest first) is place 8 b + i
#pragma once

#include "core/bytes.h"

#include <array>
#include <cstdint>
#include <optional>

namespace keystead::audit_search {

inline constexpr std::uint32_t kBlockLeaves = 4096;
/// Within a block time is known for so many leaves together.
inline constexpr std::uint32_t kPartLeaves = 256;
inline constexpr std::uint32_t kBlockParts = kBlockLeaves / kPartLeaves;

/// `place` and `end` are below or at kBlockLeaves.
class LeafSet {
public:
    static LeafSet all();
    /// Nothing unless `bytes` is what encode() makes of some set.
    static std::optional<LeafSet> decode(ByteView bytes);
    Bytes encode() const;

    void add(std::uint32_t place) { words_[place / 64] |= bit(place); }
    void remove(std::uint32_t place) { words_[place / 64] &= ~bit(place); }
    bool contains(std::uint32_t place) const { return (words_[place / 64] & bit(place)) != 0; }
    void add_range(std::uint32_t begin, std::uint32_t end);
    LeafSet& operator&=(const LeafSet& other);
    LeafSet& operator|=(const LeafSet& other);
    LeafSet& operator-=(const LeafSet& other);
    bool is_empty() const;
    std::uint32_t count() const;
    /// The least place from `from` on; kBlockLeaves when there is none.
    std::uint32_t next(std::uint32_t from) const;
    bool operator==(const LeafSet&) const = default;

private:
    bool has_at_least(std::uint32_t wanted) const;
    static std::uint64_t bit(std::uint32_t place) { return std::uint64_t{1} << (place % 64); }
    std::array<std::uint64_t, kBlockLeaves / 64> words_{};
};

} // namespace keystead::audit_search
