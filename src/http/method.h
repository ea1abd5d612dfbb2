// http/method.h
//
// The request methods we know (RFC 9110 §9.3, RFC 5789) and their names.
#pragma once

#include "http/request.h"

#include <optional>
#include <string_view>
#include <utility>

namespace keystead::http {

inline constexpr std::string_view kMethodNames[] = {"GET",   "HEAD",   "POST",   "PUT",
                                                    "PATCH", "DELETE", "OPTIONS"};

inline std::string_view method_name(Method method)
{
    return kMethodNames[std::to_underlying(method)];
}

/// Method names are case-sensitive (RFC 9110 §9.1).
inline std::optional<Method> parse_method(std::string_view name)
{
    for (std::uint8_t index = 0; index < std::size(kMethodNames); ++index) {
        if (kMethodNames[index] == name) {
            return static_cast<Method>(index);
        }
    }
    return std::nullopt;
}

/// Whether the method may change something (RFC 9110 §9.2.1).
inline bool is_unsafe(Method method)
{
    return method != Method::Get && method != Method::Head && method != Method::Options;
}

} // namespace keystead::http
