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
    return std::string(prefix) + base62_encode(bytes, kDigits);
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
