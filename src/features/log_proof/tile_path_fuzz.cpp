// Property: a path that is taken is the only way to write its tile.
#include "features/log_proof/tile_path.h"

#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead::log_proof;
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (const auto path = TilePath::parse(text)) {
        if (path->text() != text || path->width == 0 || path->width > keystead::audit::kTileWidth) {
            std::abort();
        }
    }
    return 0;
}
