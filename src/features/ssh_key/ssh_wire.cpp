#include "features/ssh_key/ssh_wire.h"

namespace keystead::ssh_key {

std::optional<ByteView> WireReader::raw(std::size_t size)
{
    if (size > rest_.size()) {
        return std::nullopt;
    }
    const ByteView taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
}

std::optional<std::uint32_t> WireReader::number()
{
    const auto bytes = raw(4);
    if (!bytes) {
        return std::nullopt;
    }
    std::uint32_t value = 0;
    for (const std::byte one : *bytes) {
        value = value << 8 | std::to_integer<std::uint32_t>(one);
    }
    return value;
}

std::optional<ByteView> WireReader::string()
{
    const auto size = number();
    return size ? raw(*size) : std::nullopt;
}

std::optional<std::string_view> WireReader::text()
{
    const auto bytes = string();
    return bytes ? std::optional(as_text(*bytes)) : std::nullopt;
}

std::optional<ByteView> WireReader::positive()
{
    constexpr std::byte kSign{0x80};
    const auto bytes = string();
    if (!bytes || bytes->empty() || (bytes->front() & kSign) != std::byte{}) {
        return std::nullopt;
    }
    if (bytes->front() != std::byte{}) {
        return bytes;
    }
    // "Unnecessary leading bytes with the value 0 or 255 MUST NOT be included" (RFC 4251 §5).
    if (bytes->size() == 1 || ((*bytes)[1] & kSign) == std::byte{}) {
        return std::nullopt;
    }
    return bytes->subspan(1);
}

void append_number(Bytes& out, std::uint32_t number)
{
    for (const int shift : {24, 16, 8, 0}) {
        out.push_back(static_cast<std::byte>(number >> shift & 0xFFU));
    }
}

void append_string(Bytes& out, ByteView bytes)
{
    append_number(out, static_cast<std::uint32_t>(bytes.size()));
    out.insert(out.end(), bytes.begin(), bytes.end());
}

} // namespace keystead::ssh_key
