#include "agent/server_address.h"

#include "agent/words.h"
#include "core/encoding.h"

#include <algorithm>

namespace keystead::agent {
namespace {

constexpr std::string_view kPinBegin = "sha256//";

Error refused(std::string detail)
{
    return {ErrorKind::InvalidInput, "agent/address", std::move(detail)};
}

bool is_host_text(std::string_view host)
{
    constexpr std::size_t kHostBytesMax = 253; // RFC 1035 §2.3.4
    return !host.empty() && host.size() <= kHostBytesMax && std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '-' || c == ':';
    });
}

bool is_path_text(std::string_view path)
{
    return path.empty() ||
           (path.front() == '/' && path.size() <= 200 && std::ranges::all_of(path, [](char c) {
                return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == '_' || c == '/';
            }));
}

bool is_loopback(std::string_view host)
{
    return host == "localhost" || host == "127.0.0.1" || host == "::1";
}

} // namespace

Result<ServerAddress> parse_server_address(std::string_view text)
{
    ServerAddress address;
    if (text.starts_with("https://")) {
        text.remove_prefix(8);
    } else if (text.starts_with("http://")) {
        text.remove_prefix(7);
        address.scheme = Scheme::Http;
        address.port = 80;
    } else {
        return refused("The server's address begins with https://.");
    }
    while (text.ends_with('/')) {
        text.remove_suffix(1);
    }
    const auto slash = std::min(text.find('/'), text.size());
    address.base_path = text.substr(slash);
    std::string_view authority = text.substr(0, slash);
    address.host_field = authority;
    const bool is_bracketed = authority.starts_with('[');
    const auto host_end =
        is_bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
    if (host_end == std::string_view::npos) {
        return refused("The server's address is none.");
    }
    const std::size_t host_begin = is_bracketed ? 1 : 0;
    address.host = authority.substr(host_begin, host_end - host_begin);
    auto rest = authority.substr(host_end + host_begin); // behind the bracket
    if (rest.starts_with(':')) {
        const auto port = parse_number(rest.substr(1), 65535);
        if (!port || *port == 0) {
            return refused("The server's port is none.");
        }
        address.port = static_cast<std::uint16_t>(*port);
    } else if (!rest.empty()) {
        return refused("The server's address is none.");
    }
    if (!is_host_text(address.host) || !is_path_text(address.base_path)) {
        return refused("The server's address is none.");
    }
    if (address.scheme == Scheme::Http && !is_loopback(address.host)) {
        return refused("Clear text goes to this machine alone: use https://.");
    }
    return address;
}

bool is_pin(std::string_view text)
{
    if (!text.starts_with(kPinBegin)) {
        return false;
    }
    const auto digest = base64_decode(text.substr(kPinBegin.size()));
    return digest && digest->size() == 32;
}

bool is_trusted(std::string_view pin, const std::vector<std::string>& pins)
{
#ifndef KEYSTEAD_WITHOUT_SERVER_PIN
    return is_pin(pin) && std::ranges::find(pins, pin) != pins.end();
#else
    return true;
#endif
}

} // namespace keystead::agent
