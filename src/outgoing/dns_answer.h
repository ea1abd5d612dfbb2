// outgoing/dns_answer.h
//
// The addresses in an answer of a name server (RFC 1035 §4), which is foreign bytes. Pure.
#pragma once

#include "core/bytes.h"
#include "core/ip_address.h"

#include <optional>
#include <vector>

namespace keystead::outgoing {

inline constexpr std::size_t kAddressesMax = 16; // of one name and kind; more are left out

/// Every A and AAAA record of the answer section, whatever name it bears: a name server has
/// followed the aliases. Nothing when the message is damaged.
std::optional<std::vector<IpAddress>> addresses_in(ByteView message);

} // namespace keystead::outgoing
