#include "features/password/common_passwords.h"

#include <cstddef>

// The list lies in the read-only data as it lies in the repository: pages that nobody asks for take
// no memory.
asm(R"(
    .section .rodata
    .global keystead_common_passwords_begin
    .global keystead_common_passwords_end
keystead_common_passwords_begin:
    .incbin ")" KEYSTEAD_COMMON_PASSWORDS_FILE R"("
keystead_common_passwords_end:
    .byte 0
    .previous
)");

extern "C" {
extern const char keystead_common_passwords_begin[];
extern const char keystead_common_passwords_end[];
}

namespace keystead::password {

bool is_common_password(std::string_view folded)
{
    // Every line ends with '\n'. Binary search over byte positions: `low` and `high` are always
    // starts of lines.
    const char* low = keystead_common_passwords_begin;
    const char* high = keystead_common_passwords_end;
    while (low < high) {
        const char* start = low + (high - low) / 2;
        while (start > low && start[-1] != '\n') {
            --start;
        }
        const std::string_view rest(start, static_cast<std::size_t>(high - start));
        const std::string_view line = rest.substr(0, rest.find('\n'));
        if (line == folded) {
            return true;
        }
        if (line < folded) {
            low = start + line.size() + 1;
        } else {
            high = start;
        }
    }
    return false;
}

} // namespace keystead::password
