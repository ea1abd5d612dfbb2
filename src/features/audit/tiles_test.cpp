// guards: the tree in tiles is the tree of RFC 9162, however often its edge is stored and loaded
// again
#include "features/audit/tiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

namespace keystead::audit {
namespace {

Digest entry_of(std::size_t i)
{
    return merkle::leaf_hash(as_bytes("entry " + std::to_string(i)));
}

/// Tiles in memory, as the store keeps them.
struct Shelf {
    std::map<TileAddress, Bytes> tiles;
    std::uint64_t size = 0;

    Result<std::vector<Digest>> operator()(TileAddress address) const
    {
        const auto found = tiles.find(address);
        if (found == tiles.end()) {
            return Error{.code = "test/missing"};
        }
        return *decode_tile(found->second);
    }
    Digest grow(std::size_t count)
    {
        auto edge = RightEdge::load(size, *this);
        EXPECT_TRUE(edge);
        for (std::size_t i = 0; i < count; ++i) {
            edge->append(entry_of(size + i));
        }
        for (const Tile& tile : edge->changed_tiles()) {
            tiles[tile.address] = encode_tile(tile.hashes);
        }
        size = edge->size();
        return edge->root();
    }
};

TEST(Tiles, GrowToTheSameTreeInStepsOfAnySize)
{
    std::vector<Digest> leaves;
    Shelf shelf;
    for (const std::size_t step : {1U, 2U, 252U, 1U, 1U, 255U, 256U, 513U, 7U, 1000U}) {
        for (std::size_t i = 0; i < step; ++i) {
            leaves.push_back(merkle::leaf_hash(entry_of(leaves.size())));
        }
        EXPECT_EQ(shelf.grow(step), merkle::root_over(leaves)) << leaves.size();
        const auto read = [&](merkle::Node node) { return node_from_tiles(node, shelf); };
        EXPECT_EQ(*merkle::root_of(leaves.size(), read), merkle::root_over(leaves));
    }
}

TEST(Tiles, ProveAcrossTheBordersOfLevels)
{
    Shelf shelf;
    const Digest old_root = shelf.grow(300);
    const Digest root = shelf.grow(65'536 + 500 - 300); // a full tile of level 1 and more
    const auto read = [&](merkle::Node node) { return node_from_tiles(node, shelf); };
    for (const std::uint64_t leaf : {0U, 255U, 256U, 65'535U, 65'536U, 66'035U}) {
        const auto proof = merkle::inclusion_proof(leaf, shelf.size, read);
        ASSERT_TRUE(proof);
        EXPECT_TRUE(merkle::verify_inclusion(merkle::leaf_hash(entry_of(leaf)), leaf, shelf.size,
                                             *proof, root));
    }
    const auto proof = merkle::consistency_proof(300, shelf.size, read);
    ASSERT_TRUE(proof);
    EXPECT_TRUE(merkle::verify_consistency(300, old_root, shelf.size, root, *proof));
    EXPECT_EQ(shelf.tiles.count({1, 0}), 1U);
    EXPECT_EQ(shelf.tiles.count({2, 0}), 1U);
    EXPECT_EQ(decode_tile(shelf.tiles.at({1, 0}))->size(), kTileWidth);
}

TEST(Tiles, RefuseBytesThatAreNotWholeHashes)
{
    EXPECT_FALSE(decode_tile({}));
    EXPECT_FALSE(decode_tile(Bytes(31)));
    EXPECT_FALSE(decode_tile(Bytes(33)));
    EXPECT_FALSE(decode_tile(Bytes(257 * 32)));
    EXPECT_TRUE(decode_tile(Bytes(256 * 32)));
}

TEST(Tiles, SayWhenATileIsTooShort)
{
    Shelf shelf;
    shelf.grow(10);
    shelf.tiles[{0, 0}].resize(3 * 32);
    EXPECT_EQ(RightEdge::load(10, shelf).error().code, "audit/tree-damaged");
    EXPECT_EQ(node_from_tiles({0, 5}, shelf).error().code, "audit/tree-damaged");
}

} // namespace
} // namespace keystead::audit
