#include "features/audit/tiles.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <utility>

namespace keystead::audit {

namespace {

constexpr std::size_t kHashBytes = sizeof(Digest);

Error tree_damaged()
{
    return {.kind = ErrorKind::Internal,
            .code = "audit/tree-damaged",
            .cause = "a tile of the audit tree is too short"};
}

} // namespace

Bytes encode_tile(const std::vector<Digest>& hashes)
{
    Bytes bytes;
    bytes.reserve(hashes.size() * kHashBytes);
    for (const Digest& hash : hashes) {
        bytes.insert(bytes.end(), hash.begin(), hash.end());
    }
    return bytes;
}

std::optional<std::vector<Digest>> decode_tile(ByteView bytes)
{
    const std::size_t count = bytes.size() / kHashBytes;
    if (bytes.size() % kHashBytes != 0 || count == 0 || count > kTileWidth) {
        return std::nullopt;
    }
    std::vector<Digest> hashes(count);
    std::memcpy(hashes.data(), bytes.data(), bytes.size());
    return hashes;
}

Result<Digest> node_from_tiles(merkle::Node node, LoadTile load)
{
    const int level = node.level / kTileHeight;
    const int height =
        node.level % kTileHeight; // 2^height hashes of that tile level make the node.
    const std::uint64_t first = node.index << height;
    const std::size_t offset = first % kTileWidth;
    const std::size_t count = std::size_t{1} << height;
    KS_TRY(const std::vector<Digest> hashes, load({level, first / kTileWidth}));
    if (hashes.size() < offset + count) {
        return tree_damaged();
    }
    return merkle::root_over(std::span(hashes).subspan(offset, count));
}

Result<RightEdge> RightEdge::load(std::uint64_t size, LoadTile load)
{
    RightEdge edge;
    edge.size_ = size;
    for (int level = kBundleLevel; level <= 0 || (size >> (kTileHeight * level)) > 0; ++level) {
        const std::uint64_t count = size >> (kTileHeight * std::max(level, 0));
        Level& last = edge.levels_.emplace_back();
        last.tile_index = count / kTileWidth;
        if (const std::size_t width = partial_width(level, size); width > 0) {
            KS_TRY(last.hashes, load({level, last.tile_index}));
            if (last.hashes.size() < width) {
                return tree_damaged();
            }
            last.hashes.resize(width);
        }
    }
    return edge;
}

void RightEdge::push(std::size_t slot, const Digest& hash)
{
    if (slot == levels_.size()) {
        levels_.emplace_back();
    }
    Level& level = levels_[slot];
    level.hashes.push_back(hash);
    level.changed = true;
    if (level.hashes.size() < kTileWidth) {
        return;
    }
    const int tile_level = static_cast<int>(slot) + kBundleLevel;
    filled_.push_back({{tile_level, level.tile_index}, std::exchange(level.hashes, {})});
    level.tile_index += 1;
    level.changed = false;
    if (tile_level != kBundleLevel) {
        push(slot + 1, merkle::root_over(filled_.back().hashes));
    }
}

void RightEdge::append(const Digest& entry)
{
    push(0, entry);
    push(1, merkle::leaf_hash(entry));
    size_ += 1;
}

Digest RightEdge::root() const
{
    // The perfect subtrees that the tree falls into, smallest (rightmost) first, folded to the left
    // (RFC 9162 §2.1.2).
    std::optional<Digest> root;
    for (std::size_t slot = 1; slot < levels_.size(); ++slot) {
        std::span<const Digest> rest = levels_[slot].hashes;
        while (!rest.empty()) {
            const std::size_t smallest = std::size_t{1} << std::countr_zero(rest.size());
            const Digest subtree = merkle::root_over(rest.last(smallest));
            root = root ? merkle::node_hash(subtree, *root) : subtree;
            rest = rest.first(rest.size() - smallest);
        }
    }
    return root.value_or(merkle::empty_root());
}

std::vector<Tile> RightEdge::changed_tiles() const
{
    std::vector<Tile> tiles = filled_;
    for (std::size_t slot = 0; slot < levels_.size(); ++slot) {
        const Level& level = levels_[slot];
        if (level.changed && !level.hashes.empty()) {
            tiles.push_back(
                {{static_cast<int>(slot) + kBundleLevel, level.tile_index}, level.hashes});
        }
    }
    return tiles;
}

} // namespace keystead::audit
