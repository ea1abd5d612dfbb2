// features/credential_cache/credential_table.h
//
// Values by the digest of a token, in little more memory than the values themselves: they lie in
// chunks that never move, found by an open-addressing index of 8 bytes a cell (linear probing, at
// most three quarters full) that holds 32 bits of the digest beside the place, so that a miss
// rarely looks further. No locks, no clock; CredentialCache has one a shard.
//
// Bounded by whoever asks: choose_victim() names the place whose turn it is (CLOCK).
#pragma once

#include "core/bytes.h"
#include "core/result.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace keystead::credential_cache {

template <class Value> class CredentialTable {
public:
    using Place = std::uint32_t;
    static constexpr std::size_t kPlacesMax = std::size_t{1} << 31;

    std::optional<Place> find(const Digest& token) const
    {
        const auto cell = cell_of(token);
        return cell ? std::optional(cells_[*cell].place_and_one - 1) : std::nullopt;
    }
    /// `token` is not there yet.
    void insert(const Digest& token, const Value& value)
    {
        if (4 * (size_ + 1) > 3 * cells_.size()) {
            grow_cells();
        }
        const Place place = take_place();
        entry(place) = {token, value};
        mark(used_, place);
        mark(referenced_, place);
        put_cell({mark_of(token), place + 1});
        ++size_;
    }
    void erase(Place place)
    {
        close_cell(*cell_of(entry(place).token));
        entry(place) = {};
        unmark(used_, place);
        unmark(referenced_, place);
        unmark(dirty_, place);
        free_.push_back(place);
        --size_;
    }
    /// The next place that was not referenced since the hand last passed it; nothing when empty.
    std::optional<Place> choose_victim()
    {
        // Twice round at most: the first time may only take marks away.
        const std::size_t places = chunks_.size() * kChunk;
        for (std::size_t step = 0; step < 2 * places; ++step) {
            const Place place = hand_;
            hand_ = static_cast<Place>((hand_ + 1) % places);
            if (is_marked(used_, place) && !is_marked(referenced_, place)) {
                return place;
            }
            unmark(referenced_, place);
        }
        return std::nullopt;
    }
    /// The first dirty place from `from` on, which is then clean.
    std::optional<Place> take_dirty(Place from)
    {
        for (std::size_t word = from / 64; word < dirty_.size(); ++word) {
            const std::uint64_t behind =
                word == from / 64 ? ~std::uint64_t{0} << from % 64 : ~std::uint64_t{0};
            if (const std::uint64_t rest = dirty_[word] & behind; rest != 0) {
                const auto place = static_cast<Place>(word * 64 + std::countr_zero(rest));
                unmark(dirty_, place);
                return place;
            }
        }
        return std::nullopt;
    }

    Value& value(Place place) { return entry(place).value; }
    void mark_referenced(Place place) { mark(referenced_, place); }
    void mark_dirty(Place place) { mark(dirty_, place); }
    bool is_dirty(Place place) const { return is_marked(dirty_, place); }
    std::size_t size() const { return size_; }

private:
    static constexpr std::size_t kChunk = 64; // One word of marks a chunk.
    struct Entry {
        Digest token{};
        Value value{};
    };
    struct Cell {
        std::uint32_t mark = 0;
        std::uint32_t place_and_one = 0; // 0: empty
    };
    using Chunk = std::array<Entry, kChunk>;
    using Marks = std::vector<std::uint64_t>;

    static std::uint32_t mark_of(const Digest& token)
    {
        // A digest is uniformly distributed already; its first byte chose the shard.
        std::uint32_t mark = 0;
        std::memcpy(&mark, token.data() + 8, sizeof mark);
        return mark;
    }
    static void mark(Marks& marks, Place place)
    {
        marks[place / 64] |= std::uint64_t{1} << place % 64;
    }
    static void unmark(Marks& marks, Place place)
    {
        marks[place / 64] &= ~(std::uint64_t{1} << place % 64);
    }
    static bool is_marked(const Marks& marks, Place place)
    {
        return (marks[place / 64] >> place % 64 & 1) != 0;
    }
    Entry& entry(Place place) { return (*chunks_[place / kChunk])[place % kChunk]; }
    const Entry& entry(Place place) const { return (*chunks_[place / kChunk])[place % kChunk]; }

    std::optional<std::size_t> cell_of(const Digest& token) const
    {
        if (cells_.empty()) {
            return std::nullopt;
        }
        const std::size_t mask = cells_.size() - 1;
        const std::uint32_t mark = mark_of(token);
        for (std::size_t at = mark & mask; cells_[at].place_and_one != 0; at = (at + 1) & mask) {
            if (cells_[at].mark == mark && entry(cells_[at].place_and_one - 1).token == token) {
                return at;
            }
        }
        return std::nullopt;
    }
    void put_cell(Cell cell)
    {
        const std::size_t mask = cells_.size() - 1;
        std::size_t at = cell.mark & mask;
        while (cells_[at].place_and_one != 0) {
            at = (at + 1) & mask;
        }
        cells_[at] = cell;
    }
    void close_cell(std::size_t hole)
    {
        // Those behind it move up, unless that would bring them before their home.
        const std::size_t mask = cells_.size() - 1;
        for (std::size_t at = (hole + 1) & mask; cells_[at].place_and_one != 0;
             at = (at + 1) & mask) {
            const std::size_t home = cells_[at].mark & mask;
            if (((at - home) & mask) >= ((at - hole) & mask)) {
                cells_[hole] = cells_[at];
                hole = at;
            }
        }
        cells_[hole] = {};
    }
    void grow_cells()
    {
        const std::vector<Cell> old =
            std::exchange(cells_, std::vector<Cell>(std::max<std::size_t>(16, 2 * cells_.size())));
        for (const Cell& cell : old) {
            if (cell.place_and_one != 0) {
                put_cell(cell);
            }
        }
    }
    Place take_place()
    {
        if (free_.empty()) {
            KS_ASSERT(chunks_.size() < kPlacesMax / kChunk);
            const auto first = static_cast<Place>(chunks_.size() * kChunk);
            chunks_.push_back(std::make_unique<Chunk>());
            for (Marks* const marks : {&used_, &referenced_, &dirty_}) {
                marks->push_back(0);
            }
            for (Place place = first + kChunk; place-- > first;) {
                free_.push_back(place);
            }
        }
        const Place place = free_.back();
        free_.pop_back();
        return place;
    }

    std::vector<Cell> cells_; // a power of two
    std::vector<std::unique_ptr<Chunk>> chunks_;
    std::vector<Place> free_;
    Marks used_;
    Marks referenced_;
    Marks dirty_;
    std::size_t size_ = 0;
    Place hand_ = 0;
};

} // namespace keystead::credential_cache
