// outgoing/address_policy.h
//
// Which addresses Keystead may connect to when somebody else chose the name: public ones, and
// inside ones that the operator listed. Addresses that carry another one (IPv4-mapped, NAT64, 6to4)
// are judged by what they lead to. Pure. Sources: IANA's special-purpose address registries
// (RFC 6890), RFC 4291, RFC 6052, RFC 8215, RFC 3056, RFC 4380, RFC 5214; OWASP ASVS 5.0 V1.3.6.
#pragma once

#include "core/ip_address.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace keystead::outgoing {

enum class AddressClass : std::uint8_t {
    Public,
    Unspecified,
    Loopback,
    Private, // RFC 1918, RFC 4193
    LinkLocal,
    Shared, // RFC 6598: behind a carrier's NAT
    Multicast,
    Documentation,
    Benchmark,
    Metadata, // where clouds hand credentials to their machines
    Reserved, // everything else that is no place on the public internet
};

/// Never Public unless a packet to `address` goes to the public internet.
AddressClass classify(const IpAddress& address);
/// "a private address": for people.
std::string_view words_of(AddressClass address_class);
/// What a carrier address leads to (NAT64 64:ff9b::/96, 6to4 2002::/16, IPv4-compatible), or
/// itself.
IpAddress inner_address(const IpAddress& address);

class AddressPolicy {
public:
    AddressPolicy() = default; // public addresses alone
    explicit AddressPolicy(std::vector<IpRange> allowed_inside)
        : allowed_inside_(std::move(allowed_inside))
    {
    }
    virtual ~AddressPolicy() = default;
    virtual bool permits(const IpAddress& address) const;

private:
    std::vector<IpRange> allowed_inside_;
};

} // namespace keystead::outgoing
