// crypto/system_random.h
//
// The real source of randomness: the kernel's, by libsodium (getrandom). Built in app/ only.
#pragma once

#include "core/random.h"

namespace keystead::crypto {

class SystemRandom final : public Random {
public:
    SystemRandom(); // Blocks until the kernel's generator has been seeded.
    void fill(std::span<std::byte> out) override;
};

} // namespace keystead::crypto
