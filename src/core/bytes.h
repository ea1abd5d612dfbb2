// core/bytes.h
//
// Owned bytes and views of them. Nothing secret: that is core/secret.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keystead {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;
using Digest = std::array<std::byte, 32>; // SHA-256

inline ByteView as_bytes(std::string_view text)
{
    return std::as_bytes(std::span(text));
}
inline std::string_view as_text(ByteView bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(ByteView view)
{
    return {view.begin(), view.end()};
}

} // namespace keystead
