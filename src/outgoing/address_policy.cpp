#include "outgoing/address_policy.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace keystead::outgoing {
namespace {

struct Block {
    std::string_view range;
    AddressClass address_class;
};

using enum AddressClass;

// The first that contains an address decides: single addresses stand before what surrounds them.
constexpr Block kV4[] = {
    {"169.254.169.254/32", Metadata}, // AWS, Google, Azure, DigitalOcean, OpenStack
    {"169.254.170.2/32", Metadata},   // credentials of AWS containers
    {"168.63.129.16/32", Metadata},   // Azure's host; a public number that leads inside
    {"100.100.100.200/32", Metadata}, // Alibaba
    {"192.0.0.192/32", Metadata},     // Oracle
    {"0.0.0.0/8", Unspecified},       // RFC 791 "this network"; Linux connects 0.0.0.0 to itself
    {"10.0.0.0/8", Private},           {"100.64.0.0/10", Shared},
    {"127.0.0.0/8", Loopback},         {"169.254.0.0/16", LinkLocal},
    {"172.16.0.0/12", Private},        {"192.0.0.0/24", Reserved},
    {"192.0.2.0/24", Documentation},   {"192.31.196.0/24", Reserved},
    {"192.52.193.0/24", Reserved},     {"192.88.99.0/24", Reserved},
    {"192.168.0.0/16", Private},       {"192.175.48.0/24", Reserved},
    {"198.18.0.0/15", Benchmark},      {"198.51.100.0/24", Documentation},
    {"203.0.113.0/24", Documentation}, {"224.0.0.0/4", Multicast},
    {"240.0.0.0/4", Reserved}, // and 255.255.255.255
};

constexpr Block kV6[] = {
    {"::/128", Unspecified},         {"::1/128", Loopback},
    {"fd00:ec2::254/128", Metadata}, {"fd20:ce::254/128", Metadata},
    {"64:ff9b:1::/48", Private}, // RFC 8215: NAT64 with a prefix of the site's own
    {"fc00::/7", Private},           {"fe80::/10", LinkLocal},
    {"fec0::/10", Private}, // RFC 3879: deprecated, and still routed here and there
    {"ff00::/8", Multicast},         {"2001:db8::/32", Documentation},
    {"3fff::/20", Documentation},    {"2001:2::/48", Benchmark},
    {"2001::/23", Reserved}, // RFC 2928; among them Teredo, which carries an address of anybody's
    {"2620:4f:8000::/48", Reserved},
};

struct ParsedBlock {
    IpRange range;
    AddressClass address_class;
};

template <std::size_t N> std::vector<ParsedBlock> parsed(const Block (&blocks)[N])
{
    std::vector<ParsedBlock> out;
    for (const Block& block : blocks) {
        const auto range = IpRange::parse(block.range);
        if (!range) {
            std::abort();
        }
        out.push_back({*range, block.address_class});
    }
    return out;
}

IpAddress v4_at(const IpAddress& address, std::size_t offset)
{
    const auto& bytes = address.bytes();
    return IpAddress::from_v4(
        {bytes[offset], bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]});
}

bool starts_with(const IpAddress& address, std::initializer_list<std::uint8_t> prefix)
{
    return std::equal(prefix.begin(), prefix.end(), address.bytes().begin());
}

/// RFC 5214: the second half of the address is 0000:5efe or 0200:5efe and an IPv4 address, under
/// any prefix.
bool is_isatap(const IpAddress& address)
{
    const auto& bytes = address.bytes();
    return (bytes[8] & 0xFD) == 0 && bytes[9] == 0 && bytes[10] == 0x5E && bytes[11] == 0xFE;
}

AddressClass class_among(const std::vector<ParsedBlock>& blocks, const IpAddress& address,
                         AddressClass otherwise)
{
    const auto found = std::ranges::find_if(
        blocks, [&](const ParsedBlock& block) { return block.range.contains(address); });
    return found == blocks.end() ? otherwise : found->address_class;
}

} // namespace

IpAddress inner_address(const IpAddress& address)
{
    if (address.is_v4()) {
        return address;
    }
    if (starts_with(address, {0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0})) { // RFC 6052 §2.1
        return v4_at(address, 12);
    }
    if (starts_with(address, {0x20, 0x02})) { // RFC 3056 §2
        return v4_at(address, 2);
    }
    const bool is_short = address.bytes()[12] == 0 && address.bytes()[13] == 0;
    if (starts_with(address, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) && !is_short) {
        return v4_at(address, 12); // RFC 4291 §2.5.5.1; "::" and "::1" are no such thing.
    }
    return address;
}

AddressClass classify(const IpAddress& outer)
{
    static const std::vector<ParsedBlock> v4 = parsed(kV4);
    static const std::vector<ParsedBlock> v6 = parsed(kV6);
    const IpAddress address = inner_address(outer);
    if (address.is_v4()) {
        return class_among(v4, address, Public);
    }
    const bool is_global_unicast = (address.bytes()[0] & 0xE0) == 0x20; // 2000::/3, RFC 4291 §2.4
    return class_among(v6, address, is_global_unicast && !is_isatap(address) ? Public : Reserved);
}

std::string_view words_of(AddressClass address_class)
{
    switch (address_class) {
    case Public: return "a public address";
    case Unspecified: return "no address";
    case Loopback: return "this machine itself";
    case Private: return "a private address";
    case LinkLocal: return "a link-local address";
    case Shared: return "an address behind a carrier's NAT";
    case Multicast: return "a multicast address";
    case Documentation: return "an address for documentation";
    case Benchmark: return "an address for benchmarks";
    case Metadata: return "a cloud's metadata service";
    case Reserved: return "a reserved address";
    }
    std::abort();
}

bool AddressPolicy::permits(const IpAddress& address) const
{
    if (classify(address) == Public) {
        return true;
    }
    const IpAddress inner = inner_address(address);
    return std::ranges::any_of(allowed_inside_, [&](const IpRange& range) {
        return range.contains(address) || range.contains(inner);
    });
}

} // namespace keystead::outgoing
