// outgoing/target.h
//
// A URL that somebody wants Keystead to call, held against what may be called at all. Parsed by
// libcurl, which also connects: two parsers that read one URL differently are how checks are
// passed. Pure.
#pragma once

#include "core/ip_address.h"
#include "core/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::outgoing {

inline constexpr std::size_t kUrlBytesMax = 2048;

/// Only parse_target() makes one.
struct Target {
    std::string url;  // as libcurl writes it again
    std::string host; // lower case, without brackets
    std::uint16_t port = 443;
    std::optional<IpAddress> literal; // the host is an address, not a name
    bool is_encrypted = true;
};

/// https, a host of letters, digits, "-" and "." (a foreign name in its xn-- form) or an address,
/// neither user nor password nor fragment. http only to a host of `clear_text_hosts`.
/// Errors (InvalidInput): outgoing/invalid-url, outgoing/not-https, outgoing/credentials-in-url.
Result<Target> parse_target(std::string_view url,
                            const std::vector<std::string>& clear_text_hosts = {});

/// A name as a URL may have it: labels of letters, digits and hyphens; nothing else resolves here.
bool is_host_name(std::string_view host);

} // namespace keystead::outgoing
