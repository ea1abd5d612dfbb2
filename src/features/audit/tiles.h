// features/audit/tiles.h
//
// The tree as C2SP tlog-tiles lays it out: a tile of level L and index N holds the roots of up to
// 256 perfect subtrees of 256^L leaves each, beginning with subtree N*256. Level -1 stands for the
// entry bundle: the 32-byte log entries. Pure: the right edge that grows, and reading any node out
// of tiles. Storing them is the store's business. Sources: https://c2sp.org/tlog-tiles
#pragma once

#include "core/bytes.h"
#include "core/function_ref.h"
#include "core/result.h"
#include "features/audit/merkle.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace keystead::audit {

inline constexpr std::size_t kTileWidth = 256;
inline constexpr int kTileHeight = 8;
inline constexpr int kBundleLevel = -1;

struct TileAddress {
    int level = 0;
    std::uint64_t index = 0;
    auto operator<=>(const TileAddress&) const = default;
};

/// 1 to 256 hashes, one after the other: how a tile is stored.
struct Tile {
    TileAddress address;
    std::vector<Digest> hashes;
};

Bytes encode_tile(const std::vector<Digest>& hashes);
/// Nothing unless `bytes` is 1 to 256 whole hashes.
std::optional<std::vector<Digest>> decode_tile(ByteView bytes);

/// The hashes that a tree of `size` leaves has at a level: how many fill its last tile there (0:
/// none, or a full one).
constexpr std::size_t partial_width(int level, std::uint64_t size)
{
    return static_cast<std::size_t>((size >> (kTileHeight * (level < 0 ? 0 : level))) % kTileWidth);
}

using LoadTile = function_ref<Result<std::vector<Digest>>(TileAddress)>;

/// Any node of the tree out of its tiles. Errors: those of `load`; audit/tree-damaged when a tile
/// is too short.
Result<Digest> node_from_tiles(merkle::Node node, LoadTile load);

/// The last, partly filled tile of every level, entry bundle included, and what becomes of it when
/// entries are appended.
class RightEdge {
public:
    /// Loads the partial tiles of a tree of `size` leaves. Errors: as node_from_tiles.
    static Result<RightEdge> load(std::uint64_t size, LoadTile load);
    void append(const Digest& entry);
    std::uint64_t size() const { return size_; }
    Digest root() const;
    /// The tiles that changed since the edge was loaded, the filled ones included: what is to be
    /// stored.
    std::vector<Tile> changed_tiles() const;
    /// The filled ones alone, which the edge then forgets: for whoever walks a long tree.
    std::vector<Tile> take_filled() { return std::exchange(filled_, {}); }

private:
    struct Level {
        std::vector<Digest> hashes; // of the partial tile
        std::uint64_t tile_index = 0;
        bool changed = false;
    };
    void push(std::size_t slot, const Digest& hash);

    std::uint64_t size_ = 0;
    std::vector<Level> levels_; // [0] is the bundle, [1] level 0 and so on
    std::vector<Tile> filled_;
};

} // namespace keystead::audit
