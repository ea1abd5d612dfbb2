// http/base_url.cpp
#include "http/base_url.h"

#include "core/ip_address.h"
#include "http/ascii.h"

#include <algorithm>
#include <charconv>

namespace keystead::http {
namespace {

std::uint16_t default_port(std::string_view scheme)
{
    return scheme == "https" ? 443 : 80;
}

std::optional<std::uint16_t> parse_port(std::string_view text)
{
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0) {
        return std::nullopt;
    }
    return port;
}

bool contains(const std::vector<std::string>& list, std::string_view value)
{
    return std::ranges::any_of(list,
                               [&](const std::string& item) { return ascii_iequal(item, value); });
}

} // namespace

std::optional<BaseUrl> BaseUrl::parse(std::string_view url)
{
    BaseUrl base;
    for (const std::string_view scheme : {"http", "https"}) {
        if (url.starts_with(scheme) && url.substr(scheme.size()).starts_with("://")) {
            base.scheme = scheme;
        }
    }
    if (base.scheme.empty() || url.find_first_of("?#@\\ ") != std::string_view::npos) {
        return std::nullopt;
    }
    url.remove_prefix(base.scheme.size() + 3);
    std::string_view authority = url.substr(0, url.find('/'));
    base.port = default_port(base.scheme);
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.rfind(':');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
        const auto port = parse_port(authority.substr(colon + 1));
        if (!port) {
            return std::nullopt;
        }
        base.port = *port;
        authority = authority.substr(0, colon);
    }
    if (authority.empty()) {
        return std::nullopt;
    }
    base.host.resize(authority.size());
    std::ranges::transform(authority, base.host.begin(), ascii_lower);
    return base;
}

std::string BaseUrl::origin() const
{
    std::string text = scheme + "://" + host;
    if (port != default_port(scheme)) {
        text += ':' + std::to_string(port);
    }
    return text;
}

HostPolicy::HostPolicy(const BaseUrl& base, std::uint16_t bound_port) : name_(base.host)
{
    std::vector<std::uint16_t> ports{base.port};
    if (base.is_localhost() && bound_port != base.port && bound_port != 0) {
        ports.push_back(bound_port);
    }
    for (const std::uint16_t port : ports) {
        const std::string with_port = ':' + std::to_string(port);
        const bool is_default = port == default_port(base.scheme);
        hosts_.push_back(base.host + with_port);
        if (is_default) {
            hosts_.push_back(base.host);
        }
        BaseUrl here = base;
        here.port = port;
        origins_.push_back(here.origin());
        if (base.is_localhost()) {
            for (const std::string address : {"127.0.0.1", "[::1]"}) {
                loopback_hosts_.push_back(address + with_port);
                if (is_default) {
                    loopback_hosts_.push_back(address);
                }
            }
        }
    }
}

HostVerdict HostPolicy::check(std::string_view host) const
{
    if (contains(hosts_, host)) {
        return HostVerdict::Ours;
    }
    return contains(loopback_hosts_, host) ? HostVerdict::RedirectToLocalhost
                                           : HostVerdict::Misdirected;
}

bool HostPolicy::may_ask_for_metrics(std::string_view host) const
{
    const std::size_t bracket = host.rfind(']');
    const std::size_t colon = host.rfind(':');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
        host = host.substr(0, colon);
    }
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
        return IpAddress::parse(host).has_value();
    }
    return IpAddress::parse(host).has_value() || ascii_iequal(host, "localhost") ||
           ascii_iequal(host, name_);
}

bool HostPolicy::is_our_origin(std::string_view origin) const
{
    return std::ranges::find(origins_, origin) != origins_.end();
}

std::string HostPolicy::localhost_origin(std::string_view host) const
{
    // The policy has made `host` one of loopback_hosts_, so what follows the address is one of our
    // own ports.
    const std::size_t colon = host.rfind(':');
    const std::size_t bracket = host.rfind(']');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    const std::string_view scheme =
        std::string_view(origins_.front()).substr(0, origins_.front().find(':'));
    return std::string(scheme) + "://localhost" +
           (has_port ? std::string(host.substr(colon)) : std::string{});
}

} // namespace keystead::http
