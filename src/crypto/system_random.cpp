#include "crypto/system_random.h"

#include "core/result.h"

#include <sodium.h>

namespace keystead::crypto {

SystemRandom::SystemRandom()
{
    KS_ASSERT(sodium_init() >= 0);
}

void SystemRandom::fill(std::span<std::byte> out)
{
    randombytes_buf(out.data(), out.size());
}

} // namespace keystead::crypto
