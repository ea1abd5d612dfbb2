#include "features/session/session.h"

#include <algorithm>
#include <array>
#include <utility>

namespace keystead::session {
namespace {

constexpr std::array<std::pair<Method, std::string_view>, 5> kNames{{
    {Method::Password, "password"},
    {Method::Totp, "totp"},
    {Method::BackupCode, "backup-code"},
    {Method::SignUpLink, "sign-up-link"},
    {Method::SetUpToken, "set-up-token"},
}};

// What browsers keep at most (draft-ietf-httpbis-rfc6265bis §5.6.1); the server's own limits decide
// anyway.
constexpr std::chrono::hours kCookieAgeMax{400 * 24};

} // namespace

std::vector<std::string_view> Methods::names() const
{
    std::vector<std::string_view> list;
    for (const auto& [method, name] : kNames) {
        if (has(method)) {
            list.push_back(name);
        }
    }
    return list;
}

std::string Methods::stored() const
{
    std::string text;
    for (const auto name : names()) {
        text.append(text.empty() ? "" : ",").append(name);
    }
    return text;
}

Methods Methods::from_stored(std::string_view text)
{
    Methods found;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        for (const auto& [method, name] : kNames) {
            if (name == text.substr(0, comma)) {
                found = found.with(method);
            }
        }
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return found;
}

Lifetimes lifetimes(const SessionSettings& settings, DeviceTrust trust, Instant now)
{
    Lifetimes result;
    if (settings.absolute_lifetime) {
        result.expires_at = now + *settings.absolute_lifetime;
    }
    switch (trust) {
    case DeviceTrust::Shared:
        result.idle_timeout = settings.shared_device_idle_timeout;
        return result;
    case DeviceTrust::Remembered:
        result.idle_timeout = settings.idle_timeout_remembered ? settings.idle_timeout_remembered
                                                               : settings.idle_timeout;
        break;
    case DeviceTrust::Own:
        result.idle_timeout = settings.idle_timeout;
        if (settings.idle_timeout_remembered) {
            return result; // The preset asks "remember me?" and the answer was no: the cookie ends
                           // with the browser.
        }
        break;
    }
    result.cookie_max_age = std::min<std::chrono::seconds>(
        settings.absolute_lifetime.value_or(kCookieAgeMax), kCookieAgeMax);
    return result;
}

} // namespace keystead::session
