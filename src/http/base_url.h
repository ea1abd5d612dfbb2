// http/base_url.h
//
// The configured base URL taken apart, and what follows from it: which Host values are ours, which
// Origin is ours. Links are built from the base URL alone; Host is compared and never used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::http {

struct BaseUrl {
    std::string scheme; // "http" or "https"
    std::string host;   // lower case, with brackets when IPv6
    std::uint16_t port = 0;

    /// Nothing unless `url` is http(s)://host[:port][/path] without user, query and fragment.
    static std::optional<BaseUrl> parse(std::string_view url);
    /// As a browser writes it in Origin (RFC 6454 §6.2): without the scheme's default port.
    std::string origin() const;
    bool is_https() const { return scheme == "https"; }
    bool is_localhost() const { return host == "localhost"; }
};

enum class HostVerdict : std::uint8_t {
    Ours,
    RedirectToLocalhost, // an address of the loopback where the base URL says localhost: WebAuthn
                         // refuses addresses
    Misdirected,         // 421 (RFC 9110 §15.5.20)
};

class HostPolicy {
public:
    /// `bound_port`: the port really listened on; with a base URL on localhost it is ours as well.
    HostPolicy(const BaseUrl& base, std::uint16_t bound_port);
    HostVerdict check(std::string_view host) const;
    /// An address, localhost or our own name, whatever the port: what a scraper is told to ask.
    bool may_ask_for_metrics(std::string_view host) const;
    bool is_our_origin(std::string_view origin) const;
    /// "http://localhost:8080": where RedirectToLocalhost goes for that Host.
    std::string localhost_origin(std::string_view host) const;

private:
    std::string name_; // without a port
    std::vector<std::string> hosts_;
    std::vector<std::string> loopback_hosts_;
    std::vector<std::string> origins_;
};

} // namespace keystead::http
