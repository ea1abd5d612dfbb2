// features/password/strength.h
//
// How hard a password is to guess, by zxcvbn (Wheeler, "zxcvbn: Low-Budget Password Strength
// Estimation", USENIX Security 2016), as zxcvbn-c counts it.
#pragma once

#include "core/secret.h"

#include <cstdint>
#include <string>
#include <vector>

namespace keystead::password {

/// 0…4 by the number of guesses: below 10^3, 10^6, 10^8, 10^10, or more. `words` are counted as
/// guessed first. Looks at the first 100 bytes only: the time it takes grows faster than the
/// length, and what is strong by then stays so.
std::uint32_t strength_of(const Secret& password, const std::vector<std::string>& words);

} // namespace keystead::password
