// Any bytes typed as a code: what is accepted has exactly six digits, in the order typed, and
// spaces between.
#include "features/totp/totp.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::string typed(reinterpret_cast<const char*>(data), size);
    const auto code = keystead::totp::parse_code(typed);
    std::erase(typed, ' ');
    if (code && typed != std::string(code->begin(), code->end())) {
        std::abort();
    }
    const bool six_digits =
        typed.size() == 6 &&
        std::all_of(typed.begin(), typed.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (code && !six_digits) {
        std::abort();
    }
    return 0;
}
