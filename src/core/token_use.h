// core/token_use.h
//
// What an API token is used for: how its uses are counted. Stored: never renumber.
#pragma once

#include <cstddef>
#include <cstdint>

namespace keystead {

/// Refused: from an address that is not one of its own.
enum class TokenUse : std::uint8_t { Api = 0, Check = 1, Introspection = 2, Refused = 3 };
inline constexpr std::size_t kTokenUses = 4;

} // namespace keystead
