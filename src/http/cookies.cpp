// http/cookies.cpp
#include "http/cookies.h"

#include "core/result.h"
#include "http/ascii.h"

#include <algorithm>

namespace keystead::http {
namespace {

constexpr std::size_t kValueBytesMax = 256;

/// The alphabet of our tokens: base62 and '_'.
bool is_our_value(std::string_view value)
{
    if (value.size() > kValueBytesMax) {
        return false;
    }
    for (const char c : value) {
        if (!is_unreserved(c)) {
            return false;
        }
    }
    return true;
}

std::string_view* slot_of(OurCookies& cookies, std::string_view name)
{
    if (name == kSessionCookie) {
        return &cookies.session;
    }
    if (name == kFlowCookie) {
        return &cookies.flow;
    }
    return name == kDeviceCookie ? &cookies.device : nullptr;
}

/// The first "name=value" of the field, which then begins behind it.
std::string_view take_pair(std::string_view& field)
{
    const std::size_t semicolon = field.find(';');
    const std::string_view pair = trim(field.substr(0, semicolon));
    field = semicolon == std::string_view::npos ? std::string_view{} : field.substr(semicolon + 1);
    return pair;
}

} // namespace

bool parse_cookies(std::string_view field, OurCookies& cookies)
{
    cookies = {};
    unsigned seen = 0; // a bit each, since an empty value is a value
    while (!field.empty()) {
        const std::string_view pair = take_pair(field);
        const std::size_t equals = pair.find('=');
        // Trimmed, since "__Host-keystead =x" would be our cookie to a reader that trims.
        std::string_view* slot = slot_of(cookies, trim(pair.substr(0, equals)));
        if (slot == nullptr) {
            continue;
        }
        const unsigned bit = slot == &cookies.session ? 1U : slot == &cookies.flow ? 2U : 4U;
        if (equals == std::string_view::npos || (seen & bit) != 0 ||
            !is_our_value(trim(pair.substr(equals + 1)))) {
            return false;
        }
        seen |= bit;
        *slot = trim(pair.substr(equals + 1));
    }
    return true;
}

void for_each_foreign_cookie(std::string_view field, function_ref<void(std::string_view name)> take)
{
    OurCookies ours;
    while (!field.empty()) {
        const std::string_view pair = take_pair(field);
        const std::string_view name = trim(pair.substr(0, pair.find('=')));
        if (!name.empty() && slot_of(ours, name) == nullptr &&
            std::ranges::all_of(name, is_token_character)) {
            take(name);
        }
    }
}

void append_set_cookie(std::string& out, const Cookie& cookie)
{
    KS_ASSERT(is_our_value(cookie.value));
    out.append(cookie.name)
        .append("=")
        .append(cookie.value)
        .append("; Path=/; Secure; HttpOnly; SameSite=Lax");
    if (cookie.max_age) {
        out.append("; Max-Age=").append(std::to_string(cookie.max_age->count()));
    }
}

} // namespace keystead::http
