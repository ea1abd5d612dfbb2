// features/log_proof/tile_path.h
//
// The path of a tile below /audit/tile/ (C2SP tlog-tiles): "<L>/<N>[.p/<W>]", or "entries" in place
// of L. N stands in groups of three digits, all but the last with an x before them: 1234067 is
// "x001/x234/067". Pure.
//
// Sources: https://c2sp.org/tlog-tiles
#pragma once

#include "features/audit/log_reader_service.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keystead::log_proof {

struct TilePath {
    audit::TileAddress address; // level -1: an entry bundle
    std::size_t width = audit::kTileWidth;

    /// Nothing unless `path` is the one way to write it: L from 0 to 63 without leading zeros, W
    /// from 1 to 255.
    static std::optional<TilePath> parse(std::string_view path);
    std::string text() const;
    bool operator==(const TilePath&) const = default;
};

} // namespace keystead::log_proof
