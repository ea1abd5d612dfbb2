// http/client_address.cpp
#include "http/client_address.h"

#include "http/ascii.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace keystead::http {

bool is_trusted_proxy(const IpAddress& address, std::span<const IpRange> trusted_proxies)
{
    return std::ranges::any_of(trusted_proxies,
                               [&](const IpRange& range) { return range.contains(address); });
}

IpAddress client_address(const IpAddress& peer, std::span<const HeadField> fields,
                         std::span<const IpRange> trusted_proxies)
{
    IpAddress client = peer;
    if (!is_trusted_proxy(peer, trusted_proxies)) {
        return client;
    }
    // Several fields of the name are one list in the order received (RFC 9110 §5.3): the last field
    // is the nearest.
    for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
        if (!ascii_iequal(field->name, "x-forwarded-for")) {
            continue;
        }
        std::string_view rest = field->value;
        while (true) {
            const std::size_t comma = rest.rfind(',');
            const std::string_view hop =
                trim(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
            const auto address = IpAddress::parse(hop);
            if (!address) {
                return client;
            }
            client = *address;
            if (!is_trusted_proxy(client, trusted_proxies)) {
                return client;
            }
            if (comma == std::string_view::npos) {
                break;
            }
            rest = rest.substr(0, comma);
        }
    }
    return client;
}

} // namespace keystead::http
