#include "outgoing/dns_answer.h"

#include <algorithm>
#include <array>

#include <arpa/nameser.h>

namespace keystead::outgoing {

std::optional<std::vector<IpAddress>> addresses_in(ByteView message)
{
    ns_msg parsed;
    if (message.size() > NS_MAXMSG ||
        ns_initparse(reinterpret_cast<const unsigned char*>(message.data()),
                     static_cast<int>(message.size()), &parsed) != 0) {
        return std::nullopt;
    }
    std::vector<IpAddress> found;
    for (int i = 0; i < ns_msg_count(parsed, ns_s_an) && found.size() < kAddressesMax; ++i) {
        ns_rr record;
        if (ns_parserr(&parsed, ns_s_an, i, &record) != 0) {
            return std::nullopt;
        }
        const unsigned char* const data = ns_rr_rdata(record);
        if (ns_rr_class(record) != ns_c_in) {
            continue;
        }
        if (ns_rr_type(record) == ns_t_a && ns_rr_rdlen(record) == NS_INADDRSZ) {
            found.push_back(IpAddress::from_v4({data[0], data[1], data[2], data[3]}));
        } else if (ns_rr_type(record) == ns_t_aaaa && ns_rr_rdlen(record) == NS_IN6ADDRSZ) {
            std::array<std::uint8_t, 16> bytes{};
            std::copy_n(data, bytes.size(), bytes.begin());
            found.push_back(IpAddress::from_v6(bytes));
        }
    }
    return found;
}

} // namespace keystead::outgoing
