// features/credential_cache/credential_table.h
//
// Values by the digest of a token, in little more memory than the values themselves: they lie in
// chunks that never move, found by an open-addressing index of 8 bytes a cell (linear probing, at
// most three quarters full). With millions of them every look is a miss of all processor caches, so
// a look takes two: the cell, which holds 30 bits of the digest, where the value lies and the
// flags; and the value. No locks, no clock; CredentialCache has one a shard.
//
// Bounded by whoever asks: choose_victim() names the one whose turn it is (CLOCK).
#pragma once

#include "core/bytes.h"
#include "core/result.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <optional>
#include <vector>

namespace keystead::credential_cache {

template <class Value> class CredentialTable {
public:
    /// Where something stands, until the next insert() or erase().
    using Spot = std::size_t;
    static constexpr std::size_t kValuesMax = std::size_t{1} << 31;

    /// `memory` outlives the table.
    explicit CredentialTable(std::pmr::memory_resource& memory) : memory_(memory), cells_(&memory)
    {
    }
    CredentialTable(const CredentialTable&) = delete;
    CredentialTable& operator=(const CredentialTable&) = delete;
    ~CredentialTable() { free_chunks(); }

    std::optional<Spot> find(const Digest& token) const
    {
        if (cells_.empty()) {
            return std::nullopt;
        }
        const std::uint32_t mark = mark_of(token);
        for (Spot at = home_of(mark); cells_[at].place_and_one != 0; at = next(at)) {
            if ((cells_[at].mark_and_flags & kMark) == mark) {
                const Entry& entry = entry_of(cells_[at]);
                fetch_soon(entry);
                if (entry.token == token) {
                    return at;
                }
            }
        }
        return std::nullopt;
    }
    /// `token` is not there yet.
    void insert(const Digest& token, const Value& value)
    {
        if (4 * (size_ + 1) > 3 * cells_.size()) {
            grow_cells();
        }
        const Cell cell{mark_of(token) | kReferenced, take_place() + 1};
        entry_of(cell) = {token, value};
        put_cell(cell);
        ++size_;
    }
    void erase(Spot spot)
    {
        entry_of(cells_[spot]) = {};
        free_.push_back(cells_[spot].place_and_one - 1);
        close_cell(spot);
        --size_;
    }
    void clear()
    {
        free_chunks();
        cells_ = std::pmr::vector<Cell>(&memory_);
        chunks_.clear();
        free_.clear();
        size_ = 0;
        hand_ = 0;
    }
    /// The next one that was not referenced since the hand last passed it; nothing when empty.
    std::optional<Spot> choose_victim()
    {
        // Twice round at most: the first time may only take marks away.
        for (std::size_t step = 0; step < 2 * cells_.size(); ++step) {
            Cell& cell = cells_[hand_];
            if (cell.place_and_one != 0 && (cell.mark_and_flags & kReferenced) == 0) {
                return hand_; // The hand stays: whoever moves up into the gap comes next.
            }
            cell.mark_and_flags &= ~kReferenced;
            hand_ = next(hand_);
        }
        return std::nullopt;
    }
    /// The first dirty one from `from` on, which is then clean.
    std::optional<Spot> take_dirty(Spot from)
    {
        for (Spot at = from; at < cells_.size(); ++at) {
            if ((cells_[at].mark_and_flags & kDirty) != 0) {
                cells_[at].mark_and_flags &= ~kDirty;
                return at;
            }
        }
        return std::nullopt;
    }

    Value& value(Spot spot) { return entry_of(cells_[spot]).value; }
    void mark_referenced(Spot spot) { cells_[spot].mark_and_flags |= kReferenced; }
    void mark_dirty(Spot spot) { cells_[spot].mark_and_flags |= kDirty; }
    bool is_dirty(Spot spot) const { return (cells_[spot].mark_and_flags & kDirty) != 0; }
    std::size_t size() const { return size_; }

private:
    static constexpr std::size_t kChunk = 64;
    static constexpr std::uint32_t kReferenced = 1;
    static constexpr std::uint32_t kDirty = 2;
    static constexpr std::uint32_t kMark = ~(kReferenced | kDirty);
    struct alignas(64) Entry {
        Digest token{};
        Value value{};
    };
    struct Cell {
        std::uint32_t mark_and_flags = 0;
        std::uint32_t place_and_one = 0; // 0: empty, and no flags either
    };
    static std::uint32_t mark_of(const Digest& token)
    {
        // A digest is uniformly distributed already; its first byte chose the shard.
        std::uint32_t mark = 0;
        std::memcpy(&mark, token.data() + 8, sizeof mark);
        return mark & kMark;
    }
    Spot home_of(std::uint32_t mark_and_flags) const
    {
        return mark_and_flags / (kReferenced + kDirty + 1) & (cells_.size() - 1);
    }
    Spot next(Spot at) const { return (at + 1) & (cells_.size() - 1); }
    /// The whole of it, on all the lines that it lies on.
    static void fetch_soon(const Entry& entry)
    {
        for (std::size_t line = 0; line < sizeof(Entry); line += alignof(Entry)) {
            __builtin_prefetch(reinterpret_cast<const std::byte*>(&entry) + line);
        }
    }
    Entry& entry_of(const Cell& cell)
    {
        return chunks_[(cell.place_and_one - 1) / kChunk][(cell.place_and_one - 1) % kChunk];
    }
    const Entry& entry_of(const Cell& cell) const
    {
        return chunks_[(cell.place_and_one - 1) / kChunk][(cell.place_and_one - 1) % kChunk];
    }

    void put_cell(const Cell& cell)
    {
        Spot at = home_of(cell.mark_and_flags);
        while (cells_[at].place_and_one != 0) {
            at = next(at);
        }
        cells_[at] = cell;
    }
    void close_cell(Spot hole)
    {
        // Those behind it move up, unless that would bring them before their home.
        const std::size_t mask = cells_.size() - 1;
        for (Spot at = next(hole); cells_[at].place_and_one != 0; at = next(at)) {
            const Spot home = home_of(cells_[at].mark_and_flags);
            if (((at - home) & mask) >= ((at - hole) & mask)) {
                cells_[hole] = cells_[at];
                hole = at;
            }
        }
        cells_[hole] = {};
    }
    void grow_cells()
    {
        std::pmr::vector<Cell> old(std::max<std::size_t>(16, 2 * cells_.size()), &memory_);
        cells_.swap(old);
        for (const Cell& cell : old) {
            if (cell.place_and_one != 0) {
                put_cell(cell);
            }
        }
    }
    std::uint32_t take_place()
    {
        if (free_.empty()) {
            KS_ASSERT(chunks_.size() < kValuesMax / kChunk);
            const auto first = static_cast<std::uint32_t>(chunks_.size() * kChunk);
            chunks_.push_back(nullptr);
            chunks_.back() = make_chunk();
            for (std::uint32_t place = first + kChunk; place-- > first;) {
                free_.push_back(place);
            }
        }
        const std::uint32_t place = free_.back();
        free_.pop_back();
        return place;
    }

    Entry* make_chunk()
    {
        void* const place = memory_.allocate(kChunk * sizeof(Entry), alignof(Entry));
        auto* const chunk = static_cast<Entry*>(place);
        std::uninitialized_value_construct_n(chunk, kChunk);
        return chunk;
    }
    void free_chunks()
    {
        for (Entry* const chunk : chunks_) {
            if (chunk == nullptr) {
                continue; // There was no memory for it.
            }
            std::destroy_n(chunk, kChunk);
            memory_.deallocate(chunk, kChunk * sizeof(Entry), alignof(Entry));
        }
    }

    std::pmr::memory_resource& memory_;
    std::pmr::vector<Cell> cells_; // a power of two
    std::vector<Entry*> chunks_;   // kChunk each
    std::vector<std::uint32_t> free_;
    std::size_t size_ = 0;
    Spot hand_ = 0;
};

} // namespace keystead::credential_cache
