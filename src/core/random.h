// core/random.h
//
// Randomness is handed in: only app/ knows the real source, tests use test/support/seeded_random.h.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace keystead {

struct Random {
    virtual ~Random() = default;
    /// Fills `out` with uniformly random bytes, fit for keys. May be called from any thread.
    virtual void fill(std::span<std::byte> out) = 0;
};

template <std::size_t N> std::array<std::byte, N> random_bytes(Random& random)
{
    std::array<std::byte, N> bytes{};
    random.fill(bytes);
    return bytes;
}

} // namespace keystead
