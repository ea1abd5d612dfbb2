#include "core/huge_page_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>
#include <span>
#include <vector>

namespace keystead {
namespace {

struct Piece {
    std::span<std::byte> bytes;
    std::byte mark;
};

std::size_t number(std::mt19937& random, std::size_t below)
{
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
}

// guards: no two pieces overlap, whatever was given back between
TEST(HugePagePool, GivesEachItsOwn)
{
    HugePagePool pool;
    std::mt19937 random{20261122};
    std::vector<Piece> pieces;
    for (int step = 0; step < 500; ++step) {
        if (pieces.size() > 40 || (!pieces.empty() && number(random, 3) == 0)) {
            const std::size_t which = number(random, pieces.size());
            const Piece piece = pieces[which];
            ASSERT_TRUE(std::ranges::all_of(piece.bytes,
                                            [&](std::byte byte) { return byte == piece.mark; }));
            pool.deallocate(piece.bytes.data(), piece.bytes.size(), 64);
            pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(which));
            continue;
        }
        const std::size_t size = 1 + number(random, std::size_t{1} << (1 + number(random, 22)));
        auto* const place = static_cast<std::byte*>(pool.allocate(size, 64));
        ASSERT_EQ(reinterpret_cast<std::uintptr_t>(place) % 64, 0U);
        const Piece piece{{place, size}, static_cast<std::byte>(step)};
        std::ranges::fill(piece.bytes, piece.mark);
        pieces.push_back(piece);
    }
    for (const Piece& piece : pieces) {
        pool.deallocate(piece.bytes.data(), piece.bytes.size(), 64);
    }
}

// guards: what was given back is used again, so that a table that grows costs no more than its size
TEST(HugePagePool, UsesAgainWhatItGotBack)
{
    HugePagePool pool;
    std::set<void*> first;
    for (int i = 0; i < 256; ++i) {
        first.insert(pool.allocate(8192));
    }
    for (void* const place : first) {
        pool.deallocate(place, 8192);
    }
    for (int i = 0; i < 256; ++i) {
        EXPECT_TRUE(first.contains(pool.allocate(5000)));
    }
}

} // namespace
} // namespace keystead
