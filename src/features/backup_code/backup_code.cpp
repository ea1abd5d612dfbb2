#include "features/backup_code/backup_code.h"

#include <cstdint>

namespace keystead::backup_code {
namespace {

/// Crockford's base 32: no I, L, O, U.
constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kGroup = 4;

/// The digit that a person meant; '\0' when it is none.
char digit_meant(char typed)
{
    const char upper = typed >= 'a' && typed <= 'z' ? static_cast<char>(typed - 'a' + 'A') : typed;
    if (upper == 'I' || upper == 'L') {
        return '1';
    }
    if (upper == 'O') {
        return '0';
    }
    return kDigits.find(upper) == std::string_view::npos ? '\0' : upper;
}

} // namespace

Secret digits_of(const std::array<std::byte, kCodeBytes>& random)
{
    Secret digits(kCodeDigits);
    std::uint32_t held = 0;
    int held_bits = 0;
    std::size_t at = 0;
    for (const std::byte byte : random) {
        held = (held << 8 | std::to_integer<std::uint32_t>(byte)) & 0xfff;
        held_bits += 8;
        for (; held_bits >= 5; held_bits -= 5) {
            digits.writable()[at++] =
                static_cast<std::byte>(kDigits[held >> (held_bits - 5) & 0x1f]);
        }
    }
    return digits;
}

Secret grouped(const Secret& digits)
{
    const std::string_view text = digits.reveal_text();
    Secret result(text.size() + (text.size() - 1) / kGroup);
    std::size_t at = 0;
    for (std::size_t from = 0; from < text.size(); ++from) {
        if (from > 0 && from % kGroup == 0) {
            result.writable()[at++] = std::byte{'-'};
        }
        result.writable()[at++] = static_cast<std::byte>(text[from]);
    }
    return result;
}

std::optional<Secret> normalize(std::string_view typed)
{
    Secret digits(kCodeDigits);
    std::size_t count = 0;
    for (const char character : typed) {
        if (character == ' ' || character == '-') {
            continue;
        }
        const char digit = digit_meant(character);
        if (digit == '\0' || count == kCodeDigits) {
            return std::nullopt;
        }
        digits.writable()[count++] = static_cast<std::byte>(digit);
    }
    if (count != kCodeDigits) {
        return std::nullopt;
    }
    return digits;
}

} // namespace keystead::backup_code
