#include "core/id.h"

#include "core/encoding.h"

#include <algorithm>

namespace keystead {
namespace {
constexpr std::size_t kDigits = 22; // 62^22 > 2^128
__extension__ using Wide = unsigned __int128;
} // namespace

IdBytes make_id_bytes(Instant now, Random& random)
{
    IdBytes bytes = random_bytes<16>(random);
    const auto millis =
        std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count();
    for (std::size_t i = 0; i < 6; ++i) {
        bytes[i] = static_cast<std::byte>((millis >> (8 * (5 - i))) & 0xFF);
    }
    bytes[6] = (bytes[6] & std::byte{0x0F}) | std::byte{0x70}; // version 7
    bytes[8] = (bytes[8] & std::byte{0x3F}) | std::byte{0x80}; // variant of RFC 9562 §4.1
    return bytes;
}

std::string id_to_text(std::string_view prefix, const IdBytes& bytes)
{
    // As base62_encode() would, but ten digits a division: every answer carries ids, and whoever
    // verifies an export makes millions.
    constexpr std::string_view kAlphabet =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    constexpr std::uint64_t kTenDigits = 839'299'365'868'340'224; // 62^10
    Wide number = 0;
    for (const std::byte byte : bytes) {
        number = number << 8 | std::to_integer<unsigned>(byte);
    }
    std::string text(prefix.size() + kDigits, '0');
    std::ranges::copy(prefix, text.begin());
    for (std::size_t end = text.size(); end > prefix.size(); number /= kTenDigits) {
        auto rest = static_cast<std::uint64_t>(number % kTenDigits);
        for (int digit = 0; digit < 10 && end > prefix.size(); ++digit, rest /= 62) {
            text[--end] = kAlphabet[rest % 62];
        }
    }
    return text;
}

std::optional<IdBytes> id_from_text(std::string_view prefix, std::string_view text)
{
    IdBytes bytes{};
    if (text.size() != prefix.size() + kDigits || !text.starts_with(prefix) ||
        !base62_decode_into(text.substr(prefix.size()), bytes)) {
        return std::nullopt;
    }
    return bytes;
}

} // namespace keystead
