// agent/name_lookup.h
//
// The addresses of a name, by c-ares (resolv.conf, hosts, DNS): glibc's own resolver loads parts at
// run time, which a program that is linked statically cannot.
#pragma once

#include "core/result.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <sys/socket.h>

namespace keystead::agent {

struct SocketAddress {
    sockaddr_storage address{};
    socklen_t size = 0;
};

/// At most eight, in the order to be tried. Errors (Unavailable): agent/unreachable.
Result<std::vector<SocketAddress>> look_up(const std::string& host, std::uint16_t port,
                                           std::chrono::steady_clock::time_point deadline);

} // namespace keystead::agent
