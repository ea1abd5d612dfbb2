// agent/server_address.h
//
// Where Keystead is, as given at enrolment: "https://id.example.org:8443/account". Clear text is
// taken to this machine alone. Pure.
#pragma once

#include "core/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::agent {

enum class Scheme : std::uint8_t { Http, Https };

struct ServerAddress {
    Scheme scheme = Scheme::Https;
    std::string host; // without the brackets of an IPv6 address
    std::uint16_t port = 443;
    std::string host_field; // of the Host header
    std::string base_path;  // "" or "/account"
};

/// Errors (InvalidInput): agent/address.
Result<ServerAddress> parse_server_address(std::string_view text);
/// "sha256//" and 32 bytes in base64.
bool is_pin(std::string_view text);
/// Whether a server's own pin is one of those that were given; no pins trust nobody.
bool is_trusted(std::string_view pin, const std::vector<std::string>& pins);

} // namespace keystead::agent
