// outgoing/resolver.h
//
// Names into addresses, in bounded time: /etc/hosts, then the name servers of the system or those
// the operator named. Not getaddrinfo, which has no time limit and would let a slow name server
// hold every worker.
#pragma once

#include "core/ip_address.h"
#include "core/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::outgoing {

class Resolver {
public:
    virtual ~Resolver() = default;
    /// IPv4 before IPv6. Errors (Unavailable): outgoing/no-address, for a name without an address
    /// as for a name server without an answer.
    virtual Result<std::vector<IpAddress>> resolve(const std::string& host) = 0;
};

struct NameServer {
    IpAddress address;
    std::uint16_t port = 53;
};
/// "192.0.2.1", "192.0.2.1:5353"; IPv4 alone.
std::optional<NameServer> parse_name_server(std::string_view text);

/// Reads /etc/hosts anew at each call, as does libc. `name_server`: instead of the system's.
std::unique_ptr<Resolver> make_resolver(std::optional<NameServer> name_server,
                                        std::string hosts_file = "/etc/hosts");

/// The addresses that a hosts file's text gives `host`.
std::vector<IpAddress> addresses_in_hosts(std::string_view text, std::string_view host);

} // namespace keystead::outgoing
