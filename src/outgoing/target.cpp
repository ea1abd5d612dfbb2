#include "outgoing/target.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace keystead::outgoing {
namespace {

struct FreeCurl {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
    void operator()(char* text) const { curl_free(text); }
};
using CurlUrl = std::unique_ptr<CURLU, FreeCurl>;

std::optional<std::string> part_of(CURLU* url, CURLUPart part, unsigned flags = 0)
{
    char* value = nullptr;
    if (curl_url_get(url, part, &value, flags) != CURLUE_OK) {
        return std::nullopt;
    }
    const std::unique_ptr<char, FreeCurl> owner(value);
    return std::string(value);
}

Error invalid_url()
{
    return Error{ErrorKind::InvalidInput, "outgoing/invalid-url",
                 "Write the address as https://host/path, with a name of letters, digits, \"-\" "
                 "and \".\"."};
}

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// What no URL needs and what parsers disagree about.
bool has_foreign_bytes(std::string_view url)
{
    return std::ranges::any_of(url, [](char c) {
        return c <= ' ' || c >= 0x7F || c == '\\' || c == '"' || c == '<' || c == '>';
    });
}

/// "https:///path" and "https://ex%61mple.com" are read as hosts by libcurl and by others not.
bool has_plain_authority(std::string_view url)
{
    const auto begin = url.find("://");
    if (begin == std::string_view::npos) {
        return false;
    }
    const auto rest = url.substr(begin + 3);
    const auto authority = rest.substr(0, rest.find_first_of("/?#"));
    return !authority.empty() && authority.find('%') == std::string_view::npos;
}

Result<void> take_host(CURLU* url, Target& target)
{
    auto host = part_of(url, CURLUPART_HOST);
    if (!host || part_of(url, CURLUPART_ZONEID)) {
        return invalid_url();
    }
    if (host->starts_with('[') && host->ends_with(']')) {
        host = host->substr(1, host->size() - 2);
    }
    std::ranges::transform(*host, host->begin(), lower);
    target.literal = IpAddress::parse(*host);
    // A last label of digits alone is how libc's resolvers come to read a name as an address.
    const std::string last = host->substr(host->rfind('.') + 1);
    const bool ends_in_number =
        !last.empty() && std::ranges::all_of(last, [](char c) { return c >= '0' && c <= '9'; });
    if (!target.literal && (!is_host_name(*host) || ends_in_number || last.starts_with("0x"))) {
        return invalid_url();
    }
    target.host = *std::move(host);
    return {};
}

Result<void> take_port(CURLU* url, Target& target)
{
    const auto port = part_of(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    std::uint16_t number = 0;
    if (!port ||
        std::from_chars(port->data(), port->data() + port->size(), number).ec != std::errc{} ||
        number == 0) {
        return invalid_url();
    }
    target.port = number;
    return {};
}

} // namespace

bool is_host_name(std::string_view host)
{
    constexpr std::size_t kNameMax = 253;
    constexpr std::size_t kLabelMax = 63;
    if (host.empty() || host.size() > kNameMax) {
        return false;
    }
    while (!host.empty()) {
        const auto label = host.substr(0, host.find('.'));
        const bool fine = !label.empty() && label.size() <= kLabelMax && label.front() != '-' &&
                          label.back() != '-' && std::ranges::all_of(label, [](char c) {
                              return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                     (c >= '0' && c <= '9') || c == '-';
                          });
        if (!fine || host.size() == label.size() + 1) { // "host." ends in an empty label.
            return false;
        }
        host.remove_prefix(std::min(label.size() + 1, host.size()));
    }
    return true;
}

Result<Target> parse_target(std::string_view text, const std::vector<std::string>& clear_text_hosts)
{
    const CurlUrl url(curl_url());
    KS_ASSERT(url != nullptr);
    if (text.size() > kUrlBytesMax || has_foreign_bytes(text) || !has_plain_authority(text) ||
        curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(),
                     CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
        return invalid_url();
    }
    if (part_of(url.get(), CURLUPART_USER) || part_of(url.get(), CURLUPART_PASSWORD) ||
        part_of(url.get(), CURLUPART_OPTIONS)) {
        return Error{ErrorKind::InvalidInput, "outgoing/credentials-in-url",
                     "Leave name and password out of the address: it is shown and logged."};
    }
    const auto scheme = part_of(url.get(), CURLUPART_SCHEME);
    if (!scheme || part_of(url.get(), CURLUPART_FRAGMENT)) {
        return invalid_url();
    }
    Target target;
    KS_CHECK(take_host(url.get(), target));
    KS_CHECK(take_port(url.get(), target));
    target.is_encrypted = *scheme == "https";
    const bool may_be_clear =
        *scheme == "http" &&
        std::ranges::find(clear_text_hosts, target.host) != clear_text_hosts.end();
    if (!target.is_encrypted && !may_be_clear) {
        return Error{ErrorKind::InvalidInput, "outgoing/not-https",
                     "The address must begin with https://."};
    }
    auto again = part_of(url.get(), CURLUPART_URL);
    if (!again || again->size() > kUrlBytesMax) {
        return invalid_url();
    }
    target.url = *std::move(again);
    return target;
}

} // namespace keystead::outgoing
