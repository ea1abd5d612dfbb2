#include "core/id.h"

#include "core/encoding.h"

#include <algorithm>

namespace keystead {
namespace {
constexpr std::size_t kDigits = 22; // 62^22 > 2^128
}

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
    // As base62_encode() would, but five digits a division: every answer carries ids.
    constexpr std::string_view kAlphabet =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    constexpr std::uint64_t kFiveDigits = 62ULL * 62 * 62 * 62 * 62;
    std::array<std::uint32_t, 4> limbs{}; // most significant first
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        limbs[i / 4] = limbs[i / 4] << 8 | std::to_integer<std::uint32_t>(bytes[i]);
    }
    std::string text(prefix.size() + kDigits, '0');
    std::ranges::copy(prefix, text.begin());
    for (std::size_t end = text.size(); end > prefix.size();) {
        std::uint64_t rest = 0;
        for (auto& limb : limbs) {
            rest = rest << 32 | limb;
            limb = static_cast<std::uint32_t>(rest / kFiveDigits);
            rest %= kFiveDigits;
        }
        for (int digit = 0; digit < 5 && end > prefix.size(); ++digit, rest /= 62) {
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
