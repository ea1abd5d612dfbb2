// test/support/seeded_random.h
//
// Randomness that is the same in every run with the same seed. For tests only: anybody can predict
// it.
#pragma once

#include "core/random.h"

#include <cstdint>
#include <mutex>
#include <random>

namespace keystead::test {

class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed = 1) : engine_(seed) {}
    void fill(std::span<std::byte> out) override
    {
        const std::lock_guard lock(mutex_);
        for (std::byte& byte : out) {
            byte = static_cast<std::byte>(engine_() & 0xff);
        }
    }

private:
    std::mutex mutex_;
    std::mt19937_64 engine_;
};

} // namespace keystead::test
