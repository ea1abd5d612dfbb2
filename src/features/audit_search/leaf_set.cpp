#include "features/audit_search/leaf_set.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace keystead::audit_search {

namespace {

constexpr std::uint32_t kListMax = 256; // from so many on, bits are smaller
constexpr std::size_t kBitsBytes = kBlockLeaves / 8;

std::uint32_t byte_at(ByteView bytes, std::size_t at)
{
    return std::to_integer<std::uint32_t>(bytes[at]);
}

/// Eight bytes, lowest first.
std::uint64_t word_at(const std::byte* bytes)
{
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    return std::endian::native == std::endian::little ? word : std::byteswap(word);
}

} // namespace

LeafSet LeafSet::all()
{
    LeafSet set;
    set.words_.fill(~std::uint64_t{0});
    return set;
}

std::optional<LeafSet> LeafSet::decode(ByteView bytes)
{
    LeafSet set;
    if (bytes.size() == kBitsBytes) {
        for (std::size_t at = 0; at < set.words_.size(); ++at) {
            set.words_[at] = word_at(bytes.data() + 8 * at);
        }
        return set.has_at_least(kListMax) ? std::optional(set) : std::nullopt;
    }
    if (bytes.size() % 2 != 0 || bytes.size() >= 2 * std::size_t{kListMax}) {
        return std::nullopt;
    }
    std::uint32_t least = 0;
    for (std::size_t at = 0; at < bytes.size(); at += 2) {
        const std::uint32_t place = byte_at(bytes, at) << 8 | byte_at(bytes, at + 1);
        if (place < least || place >= kBlockLeaves) {
            return std::nullopt;
        }
        set.add(place);
        least = place + 1;
    }
    return set;
}

Bytes LeafSet::encode() const
{
    Bytes bytes;
    if (has_at_least(kListMax)) {
        bytes.resize(kBitsBytes);
        for (std::size_t at = 0; at < kBitsBytes; ++at) {
            bytes[at] = static_cast<std::byte>(words_[at / 8] >> (at % 8 * 8) & 0xff);
        }
        return bytes;
    }
    bytes.reserve(2 * std::size_t{count()});
    for (std::uint32_t place = next(0); place < kBlockLeaves; place = next(place + 1)) {
        bytes.push_back(static_cast<std::byte>(place >> 8));
        bytes.push_back(static_cast<std::byte>(place & 0xff));
    }
    return bytes;
}

void LeafSet::add_range(std::uint32_t begin, std::uint32_t end)
{
    while (begin < end) { // As much as lies in one word.
        const std::uint32_t count = std::min(64 - begin % 64, end - begin);
        words_[begin / 64] |= ~std::uint64_t{0} >> (64 - count) << begin % 64;
        begin += count;
    }
}

LeafSet& LeafSet::operator&=(const LeafSet& other)
{
    for (std::size_t at = 0; at < words_.size(); ++at) {
        words_[at] &= other.words_[at];
    }
    return *this;
}

LeafSet& LeafSet::operator|=(const LeafSet& other)
{
    for (std::size_t at = 0; at < words_.size(); ++at) {
        words_[at] |= other.words_[at];
    }
    return *this;
}

LeafSet& LeafSet::operator-=(const LeafSet& other)
{
    for (std::size_t at = 0; at < words_.size(); ++at) {
        words_[at] &= ~other.words_[at];
    }
    return *this;
}

bool LeafSet::is_empty() const
{
    return std::ranges::all_of(words_, [](std::uint64_t word) { return word == 0; });
}

bool LeafSet::has_at_least(std::uint32_t wanted) const
{
    std::uint32_t count = 0;
    for (std::size_t at = 0; at < words_.size() && count < wanted; ++at) {
        count += static_cast<std::uint32_t>(std::popcount(words_[at]));
    }
    return count >= wanted;
}

std::uint32_t LeafSet::count() const
{
    std::uint32_t count = 0;
    for (const std::uint64_t word : words_) {
        count += static_cast<std::uint32_t>(std::popcount(word));
    }
    return count;
}

std::uint32_t LeafSet::next(std::uint32_t from) const
{
    for (std::uint32_t at = from; at < kBlockLeaves; at = (at / 64 + 1) * 64) {
        const std::uint64_t rest = words_[at / 64] >> (at % 64);
        if (rest != 0) {
            return at + static_cast<std::uint32_t>(std::countr_zero(rest));
        }
    }
    return kBlockLeaves;
}

} // namespace keystead::audit_search
