// http/cookies.h
//
// The Cookie field (RFC 6265 §4.2.1), read strictly for the cookies that are ours and not at all
// for others: a host may be shared with a product whose cookies are its own affair.
#pragma once

#include "core/function_ref.h"
#include "http/response.h"

#include <string>
#include <string_view>

namespace keystead::http {

inline constexpr std::string_view kSessionCookie = "__Host-keystead";
inline constexpr std::string_view kFlowCookie = "__Host-keystead-flow";
inline constexpr std::string_view kDeviceCookie = "__Host-keystead-device";

/// Values of our cookies, views into the field; empty when absent.
struct OurCookies {
    std::string_view session;
    std::string_view flow;
    std::string_view device;
};

/// False when one of ours comes twice or with characters that no value of ours has: two readers
/// might pick differently.
bool parse_cookies(std::string_view field, OurCookies& cookies);

/// The names in the field that are not ours, as far as they are names (RFC 9110 tokens).
void for_each_foreign_cookie(std::string_view field,
                             function_ref<void(std::string_view name)> take);

/// "name=value; Path=/; Secure; HttpOnly; SameSite=Lax[; Max-Age=n]", appended. The `__Host-`
/// prefix then holds: Secure, Path=/ and no Domain.
void append_set_cookie(std::string& out, const Cookie& cookie);

} // namespace keystead::http
