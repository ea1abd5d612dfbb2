#include "features/client_device/client_device.h"

#include "core/encoding.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>

namespace keystead::client_device {

namespace {

constexpr std::size_t kBrandsMax = 16;
constexpr std::size_t kStringMax = 64;
constexpr std::size_t kBrowserBytesMax = 64;
constexpr std::size_t kVersionBytesMax = 32;
constexpr std::size_t kSystemBytesMax = 64;

/// Reads structured fields (RFC 8941 §4.2) from the front of a header line.
class FieldReader {
public:
    explicit FieldReader(std::string_view text) : rest_(text) {}
    void skip_spaces()
    {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
    }
    /// OWS: spaces and tabs.
    void skip_optional_space()
    {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
    }
    bool take(std::string_view expected)
    {
        if (!rest_.starts_with(expected)) {
            return false;
        }
        rest_.remove_prefix(expected.size());
        return true;
    }
    /// An sf-string (§3.3.3): DQUOTE, printable ASCII, with only `\"` and `\\` escaped, DQUOTE.
    std::optional<std::string> string()
    {
        if (!take("\"")) {
            return std::nullopt;
        }
        std::string text;
        while (!rest_.empty() && text.size() <= kStringMax) {
            char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == '"') {
                return text.size() <= kStringMax ? std::optional(std::move(text)) : std::nullopt;
            }
            if (c == '\\') {
                if (rest_.empty() || (rest_.front() != '"' && rest_.front() != '\\')) {
                    return std::nullopt;
                }
                c = rest_.front();
                rest_.remove_prefix(1);
            } else if (c < 0x20 || c > 0x7e) {
                return std::nullopt;
            }
            text += c;
        }
        return std::nullopt;
    }
    bool empty() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

/// A made-up brand that browsers put in so that nobody relies on the list's form ("Not;A=Brand").
bool is_grease(std::string_view brand)
{
    return brand.find("Not") != std::string_view::npos &&
           brand.find("Brand") != std::string_view::npos;
}

/// The brand that says most: not a made-up one, and Chromium only where nothing else stands.
const Brand* telling_brand(std::span<const Brand> brands)
{
    const Brand* chromium = nullptr;
    for (const Brand& brand : brands) {
        if (brand.name == "Chromium") {
            chromium = &brand;
        } else if (!is_grease(brand.name)) {
            return &brand;
        }
    }
    return chromium;
}

struct Renamed {
    std::string_view from;
    std::string_view to;
};

std::string_view renamed(std::span<const Renamed> table, std::string_view name)
{
    const auto found = std::ranges::find(table, name, &Renamed::from);
    return found == table.end() ? name : found->to;
}

// A person looks for "Chrome", whatever it runs on: the system is said beside it.
constexpr std::array kBrowserNames = {
    Renamed{"Google Chrome", "Chrome"},
    Renamed{"Chrome Mobile", "Chrome"},
    Renamed{"Chrome Mobile iOS", "Chrome"},
    Renamed{"Chrome Mobile WebView", "Chrome WebView"},
    Renamed{"HeadlessChrome", "Headless Chrome"},
    Renamed{"Microsoft Edge", "Edge"},
    Renamed{"Edge Mobile", "Edge"},
    Renamed{"Firefox Mobile", "Firefox"},
    Renamed{"Firefox iOS", "Firefox"},
    Renamed{"Mobile Safari", "Safari"},
    Renamed{"Mobile Safari UI/WKWebView", "Safari WebView"},
    Renamed{"Opera Mobile", "Opera"},
    Renamed{"IE", "Internet Explorer"},
    Renamed{"IE Mobile", "Internet Explorer"},
    Renamed{"Other", ""},
};
constexpr std::array kSystemNames = {
    Renamed{"Mac OS X", "macOS"},
    Renamed{"Chromium OS", "Chrome OS"},
    Renamed{"Other", ""},
    Renamed{"Unknown", ""},
};
constexpr std::array<std::string_view, 14> kDesktopSystems = {
    "Windows",    "macOS", "Linux",   "Chrome OS", "Ubuntu",  "Debian",  "Fedora",
    "Arch Linux", "SUSE",  "Red Hat", "Gentoo",    "FreeBSD", "OpenBSD", "NetBSD"};

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

DeviceKind kind_of(std::string_view user_agent, std::string_view system, std::optional<bool> mobile)
{
    // A browser has called itself Mozilla or Opera for thirty years; whatever does not is a
    // program.
    if (!user_agent.empty() && !user_agent.starts_with("Mozilla/") &&
        !user_agent.starts_with("Opera/")) {
        return DeviceKind::Program;
    }
    if (system == "iOS") {
        return contains(user_agent, "iPad") ? DeviceKind::Tablet : DeviceKind::Phone;
    }
    if (system == "Android") {
        return mobile.value_or(contains(user_agent, "Mobile")) ? DeviceKind::Phone
                                                               : DeviceKind::Tablet;
    }
    if (system == "Windows Phone" || mobile.value_or(false)) {
        return DeviceKind::Phone;
    }
    return std::ranges::find(kDesktopSystems, system) != kDesktopSystems.end()
               ? DeviceKind::Desktop
               : DeviceKind::Unknown;
}

/// Code points that turn or hide text around them: bidi controls, zero-width, line and paragraph
/// separators, BOM.
bool is_hiding(std::string_view character)
{
    return (character >= "\u200b" && character <= "\u200f") ||
           (character >= "\u2028" && character <= "\u202e") ||
           (character >= "\u2060" && character <= "\u206f") || character == "\ufeff" ||
           character == "\u061c";
}

} // namespace

std::optional<std::vector<Brand>> parse_brands(std::string_view header)
{
    FieldReader reader(header);
    reader.skip_spaces();
    std::vector<Brand> brands;
    for (;;) {
        auto name = reader.string();
        if (!name || !reader.take(";")) {
            return std::nullopt;
        }
        reader.skip_spaces();
        if (!reader.take("v=")) {
            return std::nullopt;
        }
        auto version = reader.string();
        if (!version || brands.size() == kBrandsMax) {
            return std::nullopt;
        }
        brands.push_back({*std::move(name), *std::move(version)});
        reader.skip_optional_space();
        if (reader.empty()) {
            return brands;
        }
        if (!reader.take(",")) {
            return std::nullopt;
        }
        reader.skip_optional_space(); // A trailing comma is refused by the next string (§4.2.1).
    }
}

std::optional<std::string> parse_platform(std::string_view header)
{
    FieldReader reader(header);
    reader.skip_spaces();
    auto platform = reader.string();
    reader.skip_spaces();
    return reader.empty() ? platform : std::nullopt;
}

std::optional<bool> parse_mobile(std::string_view header)
{
    if (header == "?0" || header == "?1") {
        return header == "?1";
    }
    return std::nullopt;
}

std::string printable(std::string_view text, std::size_t bytes_max)
{
    if (!is_valid_utf8(text)) {
        return {};
    }
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        const std::string_view character = text.substr(i, length);
        i += length;
        const bool control = lead < 0x20 || lead == 0x7f || (length == 2 && character < "\u00a0");
        if (control || is_hiding(character)) {
            continue;
        }
        if (out.size() + length > bytes_max) {
            break;
        }
        out += character;
    }
    return out;
}

DeviceDescription combine(const ClientDescription& client, const UserAgent& found)
{
    const auto brands = parse_brands(client.hint_brands);
    const auto platform = parse_platform(client.hint_platform);
    std::string_view browser = found.browser;
    std::string_view version = found.browser_version;
    // A browser built on another names only the latter's family in its user agent, itself in the
    // hints.
    if (const Brand* brand = brands ? telling_brand(*brands) : nullptr) {
        browser = brand->name;
        version = brand->version;
    }
    const bool hinted = platform && !platform->empty() && *platform != "Unknown";
    const std::string_view family =
        renamed(kSystemNames, hinted ? std::string_view(*platform) : found.system);
    std::string system = printable(family, kSystemBytesMax);
    // With hints the version in the user agent is frozen, as it is with macOS: better none than a
    // wrong one.
    if (!hinted && !system.empty() && family != "macOS" && !found.system_version.empty()) {
        system = printable(system + " " + found.system_version, kSystemBytesMax);
    }
    DeviceDescription description{
        .kind = kind_of(client.user_agent, family, parse_mobile(client.hint_mobile)),
        .browser = printable(renamed(kBrowserNames, browser), kBrowserBytesMax),
        .browser_version = printable(version, kVersionBytesMax),
        .system = std::move(system)};
    if (description.browser.empty()) {
        description.browser_version.clear();
    }
    return description;
}

std::string_view device_kind_text(DeviceKind kind)
{
    switch (kind) {
    case DeviceKind::Unknown: return "unknown";
    case DeviceKind::Desktop: return "desktop";
    case DeviceKind::Phone: return "phone";
    case DeviceKind::Tablet: return "tablet";
    case DeviceKind::Program: return "program";
    }
    std::abort();
}

} // namespace keystead::client_device
