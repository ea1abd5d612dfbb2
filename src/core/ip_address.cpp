#include "core/ip_address.h"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h> // text forms only; nothing here touches the network

namespace keystead {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0,    0,
                                                     0, 0, 0, 0, 0xFF, 0xFF}; // RFC 4291 §2.5.5.2

/// Whether the first `bits` bits of two addresses are the same.
bool same_prefix(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b,
                 int bits)
{
    const auto whole = static_cast<std::size_t>(bits / 8);
    if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) {
        return false;
    }
    const int rest = bits % 8;
    return rest == 0 || (a[whole] >> (8 - rest)) == (b[whole] >> (8 - rest));
}

/// `bytes` with everything after its first `bits` bits zero.
std::array<std::uint8_t, 16> masked(std::array<std::uint8_t, 16> bytes, int bits)
{
    for (int i = 0; i < 16; ++i) {
        const int kept = std::clamp(bits - i * 8, 0, 8);
        bytes[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xFF << (8 - kept));
    }
    return bytes;
}

} // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text)
{
    std::array<char, INET6_ADDRSTRLEN> terminated{};
    if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    std::ranges::copy(text, terminated.begin());
    if (std::array<std::uint8_t, 4> v4{}; inet_pton(AF_INET, terminated.data(), v4.data()) == 1) {
        return from_v4(v4);
    }
    if (std::array<std::uint8_t, 16> v6{}; inet_pton(AF_INET6, terminated.data(), v6.data()) == 1) {
        return from_v6(v6);
    }
    return std::nullopt;
}

IpAddress IpAddress::from_v4(std::array<std::uint8_t, 4> bytes)
{
    IpAddress address;
    std::ranges::copy(bytes, address.bytes_.begin());
    return address;
}

IpAddress IpAddress::from_v6(const std::array<std::uint8_t, 16>& bytes)
{
    if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin())) {
        return from_v4({bytes[12], bytes[13], bytes[14], bytes[15]});
    }
    IpAddress address;
    address.bytes_ = bytes;
    address.v4_ = false;
    return address;
}

std::string IpAddress::text() const
{
    std::array<char, INET6_ADDRSTRLEN> out{};
    inet_ntop(v4_ ? AF_INET : AF_INET6, bytes_.data(), out.data(), out.size());
    return out.data();
}

bool IpAddress::is_loopback() const
{
    constexpr std::array<std::uint8_t, 16> kLoopback{0, 0, 0, 0, 0, 0, 0, 0,
                                                     0, 0, 0, 0, 0, 0, 0, 1};
    return v4_ ? bytes_[0] == 127 : bytes_ == kLoopback;
}

bool IpAddress::is_private() const
{
    if (is_loopback()) {
        return true;
    }
    if (!v4_) {
        const bool unique_local = (bytes_[0] & 0xFE) == 0xFC;
        const bool link_local = bytes_[0] == 0xFE && (bytes_[1] & 0xC0) == 0x80;
        return unique_local || link_local;
    }
    return bytes_[0] == 10 || (bytes_[0] == 172 && (bytes_[1] & 0xF0) == 16) ||
           (bytes_[0] == 192 && bytes_[1] == 168) || (bytes_[0] == 169 && bytes_[1] == 254);
}

IpAddress IpAddress::source_prefix() const
{
    IpAddress source = *this;
    if (!v4_) {
        source.bytes_ = masked(bytes_, 64); // One subscriber commonly has a whole /64.
    }
    return source;
}

std::optional<IpRange> IpRange::parse(std::string_view text)
{
    const std::size_t slash = text.find('/');
    const auto base = IpAddress::parse(text.substr(0, slash));
    if (!base) {
        return std::nullopt;
    }
    IpRange range;
    range.base_ = *base;
    range.prefix_bits_ = base->is_v4() ? 32 : 128;
    if (slash == std::string_view::npos) {
        return range;
    }
    const std::string_view digits = text.substr(slash + 1);
    int bits = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    const bool leading_zero = digits.size() > 1 && digits.front() == '0';
    if (error != std::errc{} || end != digits.data() + digits.size() || leading_zero) {
        return std::nullopt;
    }
    if (base->is_v4() && text.substr(0, slash).find(':') != std::string_view::npos) {
        bits -= 96; // "::ffff:10.0.0.0/104" is 10.0.0.0/8
    }
    // Bits beyond the prefix are a mistake of whoever wrote the range, not something to guess
    // about.
    if (bits < 0 || bits > range.prefix_bits_ || masked(base->bytes(), bits) != base->bytes()) {
        return std::nullopt;
    }
    range.prefix_bits_ = bits;
    return range;
}

bool IpRange::contains(const IpAddress& address) const
{
    return address.is_v4() == base_.is_v4() &&
           same_prefix(address.bytes(), base_.bytes(), prefix_bits_);
}

std::string IpRange::text() const
{
    return base_.text() + "/" + std::to_string(prefix_bits_);
}

} // namespace keystead
