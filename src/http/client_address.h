// http/client_address.h
//
// Who is calling: the one function that audit, limits and notices ask. Only X-Forwarded-For is
// read, and only from trusted proxies, from the right, since whatever stands further left was
// written by the client.
#pragma once

#include "core/ip_address.h"
#include "http/head.h"

#include <span>
#include <vector>

namespace keystead::http {

bool is_trusted_proxy(const IpAddress& address, std::span<const IpRange> trusted_proxies);

/// `peer`, or when that is a trusted proxy the right-most hop that is not one. Stops at a hop that
/// is no address: the proxy that passed it on is then the client.
IpAddress client_address(const IpAddress& peer, std::span<const HeadField> fields,
                         std::span<const IpRange> trusted_proxies);

} // namespace keystead::http
