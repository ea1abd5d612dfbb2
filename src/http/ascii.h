// http/ascii.h
//
// The character classes of RFC 9110 and RFC 3986, and comparison without case, on ASCII alone (no
// locale).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace keystead::http {

constexpr char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

constexpr bool ascii_iequal(std::string_view a, std::string_view b)
{
    if (a.size() != b.size()) {
        return false;
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] != b[i] && ascii_lower(a[i]) != ascii_lower(b[i])) {
            return false;
        }
    }
    return true;
}

namespace detail {
constexpr std::array<bool, 256> table_of(std::string_view extra)
{
    std::array<bool, 256> table{};
    for (int c = 0; c < 256; ++c) {
        const char letter = ascii_lower(static_cast<char>(c));
        table[static_cast<std::size_t>(c)] =
            c < 128 && ((letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9'));
    }
    for (const char c : extra) {
        table[static_cast<unsigned char>(c)] = true;
    }
    return table;
}
inline constexpr auto kToken = table_of("!#$%&'*+-.^_`|~");
inline constexpr auto kUnreserved = table_of("-._~");
inline constexpr auto kPathCharacter = table_of("-._~!$&'()*+,;=:@/");
inline constexpr auto kQueryCharacter = table_of("-._~!$&'()*+,;=:@/?");
} // namespace detail

/// tchar, RFC 9110 §5.6.2
constexpr bool is_token_character(char c)
{
    return detail::kToken[static_cast<unsigned char>(c)];
}
/// unreserved, RFC 3986 §2.3
constexpr bool is_unreserved(char c)
{
    return detail::kUnreserved[static_cast<unsigned char>(c)];
}
/// pchar or '/', without percent-encoding, RFC 3986 §3.3
constexpr bool is_path_character(char c)
{
    return detail::kPathCharacter[static_cast<unsigned char>(c)];
}
/// of a query, without percent-encoding, RFC 3986 §3.4
constexpr bool is_query_character(char c)
{
    return detail::kQueryCharacter[static_cast<unsigned char>(c)];
}

constexpr bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/// 0…15, or -1.
constexpr int hex_value(char c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    const char letter = ascii_lower(c);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/// Without spaces and tabs at both ends (OWS, RFC 9110 §5.6.3).
constexpr std::string_view trim(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
        text.remove_prefix(1);
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
        text.remove_suffix(1);
    }
    return text;
}

} // namespace keystead::http
