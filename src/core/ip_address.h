// core/ip_address.h
//
// An IP address and a CIDR range. IPv4-mapped IPv6 addresses are unmapped when parsed.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keystead {

class IpAddress {
public:
    IpAddress() = default; // 0.0.0.0
    /// Textual form without zone, port or brackets; nothing for anything else.
    static std::optional<IpAddress> parse(std::string_view text);
    static IpAddress from_v4(std::array<std::uint8_t, 4> bytes);
    static IpAddress from_v6(const std::array<std::uint8_t, 16>& bytes); // unmaps ::ffff:0:0/96

    bool is_v4() const { return v4_; }
    const std::array<std::uint8_t, 16>& bytes() const { return bytes_; } // v4 in the first four
    std::string text() const;
    bool is_loopback() const;
    /// RFC 1918, RFC 4193, link-local, loopback: what a person would call "local network".
    bool is_private() const;
    /// What a budget "per source" counts: the address itself, or its /64 when IPv6.
    IpAddress source_prefix() const;
    auto operator<=>(const IpAddress&) const = default;

private:
    std::array<std::uint8_t, 16> bytes_{};
    bool v4_ = true;
};

/// A CIDR range: "10.0.0.0/8", "2001:db8::/32"; a single address is a range of one.
class IpRange {
public:
    static std::optional<IpRange> parse(std::string_view text);
    bool contains(const IpAddress& address) const;
    std::string text() const;

private:
    IpAddress base_;
    int prefix_bits_ = 32;
};

} // namespace keystead
