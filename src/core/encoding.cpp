#include "core/encoding.h"

#include "core/result.h"

#include <algorithm>
#include <array>

namespace keystead {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64UrlDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kBase32Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kBase62Digits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::uint8_t kForeign = 0xFF;

using DigitTable = std::array<std::uint8_t, 256>;

constexpr DigitTable digit_table(std::string_view digits)
{
    DigitTable table{};
    table.fill(kForeign);
    for (std::size_t i = 0; i < digits.size(); ++i) {
        table[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
    }
    return table;
}

constexpr DigitTable kHexValues = digit_table(kHexDigits);
constexpr DigitTable kBase64Values = digit_table(kBase64Digits);
constexpr DigitTable kBase64UrlValues = digit_table(kBase64UrlDigits);
constexpr DigitTable kBase32Values = digit_table(kBase32Digits);
constexpr DigitTable kBase62Values = digit_table(kBase62Digits);

std::uint8_t digit_value(const DigitTable& table, char digit)
{
    return table[static_cast<unsigned char>(digit)];
}

/// Digits of `bits` bits each, most significant first, the last one filled with zero bits (RFC
/// 4648).
std::string encode_bits(ByteView bytes, std::string_view digits, unsigned bits)
{
    std::string out;
    out.reserve((bytes.size() * 8 + bits - 1) / bits);
    std::uint32_t pending = 0;
    unsigned pending_bits = 0;
    for (const std::byte byte : bytes) {
        pending = (pending << 8) | std::to_integer<std::uint32_t>(byte);
        pending_bits += 8;
        while (pending_bits >= bits) {
            pending_bits -= bits;
            out.push_back(digits[(pending >> pending_bits) & ((1U << bits) - 1)]);
        }
    }
    if (pending_bits > 0) {
        out.push_back(digits[(pending << (bits - pending_bits)) & ((1U << bits) - 1)]);
    }
    return out;
}

/// The inverse, for canonical input only: no digit too many, and the bits that fill the last digit
/// are zero (RFC 4648 §3.5: otherwise several texts mean the same bytes).
std::optional<Bytes> decode_bits(std::string_view text, const DigitTable& table, unsigned bits)
{
    if ((text.size() * bits) % 8 >= bits) {
        return std::nullopt;
    }
    Bytes out;
    out.reserve(text.size() * bits / 8);
    std::uint32_t pending = 0;
    unsigned pending_bits = 0;
    for (const char digit : text) {
        const std::uint8_t value = digit_value(table, digit);
        if (value == kForeign) {
            return std::nullopt;
        }
        pending = (pending << bits) | value;
        pending_bits += bits;
        if (pending_bits >= 8) {
            pending_bits -= 8;
            out.push_back(static_cast<std::byte>((pending >> pending_bits) & 0xFF));
        }
    }
    if ((pending & ((1U << pending_bits) - 1)) != 0) {
        return std::nullopt;
    }
    return out;
}

constexpr std::array<std::uint32_t, 256> make_crc_table()
{
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value & 1) != 0 ? (value >> 1) ^ 0xEDB88320U : value >> 1;
        }
        table[i] = value;
    }
    return table;
}

constexpr auto kCrcTable = make_crc_table();

struct CodePoint {
    char32_t value = 0;
    std::size_t size_bytes = 0; // 0: not UTF-8
};

/// The code point that `text` begins with (RFC 3629 §4: shortest form only, no surrogates, at most
/// U+10FFFF).
CodePoint first_code_point(std::string_view text)
{
    const auto at = [text](std::size_t i) -> std::uint32_t {
        return static_cast<unsigned char>(text[i]);
    };
    const std::uint32_t lead = at(0);
    if (lead < 0x80) {
        return {lead, 1};
    }
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < size) {
        return {};
    }
    char32_t value = lead & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((at(i) & 0xC0) != 0x80) {
            return {};
        }
        value = (value << 6) | (at(i) & 0x3F);
    }
    constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < kSmallest[size] || surrogate || value > 0x10FFFF) {
        return {};
    }
    return {value, size};
}

/// Characters that change how the text around them is shown or where a line ends: a log or a page
/// must not be fooled.
bool needs_escape(char32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

void append_unicode_escape(std::string& out, char32_t c)
{
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) {
        out.push_back(kHexDigits[(c >> shift) & 0xF]);
    }
}

/// How many characters at the beginning stand for themselves in JSON and are ASCII: nearly all of
/// what is written, and so appended at once.
std::size_t plain_length(std::string_view text)
{
    const auto is_plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
    return static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain) - text.begin());
}

} // namespace

std::string hex_encode(ByteView bytes)
{
    return encode_bits(bytes, kHexDigits, 4);
}

std::optional<Bytes> hex_decode(std::string_view text)
{
    return text.size() % 2 == 0 ? decode_bits(text, kHexValues, 4) : std::nullopt;
}

// Three bytes and four digits at a time: exports and proofs are made of base64.
std::string base64_encode(ByteView bytes)
{
    std::string out((bytes.size() + 2) / 3 * 4, '=');
    const auto at = [&](std::size_t i) { return std::to_integer<std::uint32_t>(bytes[i]); };
    std::size_t in = 0;
    char* to = out.data();
    for (; in + 3 <= bytes.size(); in += 3, to += 4) {
        const std::uint32_t group = at(in) << 16 | at(in + 1) << 8 | at(in + 2);
        to[0] = kBase64Digits[group >> 18];
        to[1] = kBase64Digits[(group >> 12) & 63];
        to[2] = kBase64Digits[(group >> 6) & 63];
        to[3] = kBase64Digits[group & 63];
    }
    if (in < bytes.size()) {
        const bool two = in + 1 < bytes.size();
        const std::uint32_t group = at(in) << 16 | (two ? at(in + 1) << 8 : 0);
        to[0] = kBase64Digits[group >> 18];
        to[1] = kBase64Digits[(group >> 12) & 63];
        to[2] = two ? kBase64Digits[(group >> 6) & 63] : '=';
    }
    return out;
}

std::optional<Bytes> base64_decode(std::string_view text)
{
    if (text.size() % 4 != 0) {
        return std::nullopt;
    }
    // The last group may be padded: the careful way reads it.
    const std::size_t whole = text.size() < 4 ? 0 : text.size() - 4;
    std::string_view last = text.substr(whole);
    for (int i = 0; i < 2 && last.ends_with('='); ++i) {
        last.remove_suffix(1);
    }
    const auto end = decode_bits(last, kBase64Values, 6);
    if (!end) {
        return std::nullopt;
    }
    Bytes out(whole / 4 * 3 + end->size());
    std::byte* to = out.data();
    for (std::size_t i = 0; i < whole; i += 4, to += 3) {
        const std::uint32_t a = digit_value(kBase64Values, text[i]);
        const std::uint32_t b = digit_value(kBase64Values, text[i + 1]);
        const std::uint32_t c = digit_value(kBase64Values, text[i + 2]);
        const std::uint32_t d = digit_value(kBase64Values, text[i + 3]);
        if (((a | b | c | d) & 0xC0) != 0) { // kForeign alone has these bits
            return std::nullopt;
        }
        const std::uint32_t group = a << 18 | b << 12 | c << 6 | d;
        to[0] = static_cast<std::byte>(group >> 16);
        to[1] = static_cast<std::byte>(group >> 8);
        to[2] = static_cast<std::byte>(group);
    }
    std::ranges::copy(*end, to);
    return out;
}

std::string base64url_encode(ByteView bytes)
{
    return encode_bits(bytes, kBase64UrlDigits, 6);
}

std::optional<Bytes> base64url_decode(std::string_view text)
{
    return decode_bits(text, kBase64UrlValues, 6);
}

std::string base32_encode(ByteView bytes)
{
    return encode_bits(bytes, kBase32Digits, 5);
}

std::optional<Bytes> base32_decode(std::string_view text)
{
    return decode_bits(text, kBase32Values, 5);
}

std::string base62_encode(ByteView bytes, std::size_t width)
{
    std::vector<std::uint8_t> number(bytes.size());
    std::ranges::transform(bytes, number.begin(),
                           [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
    std::string out(width, kBase62Digits[0]);
    for (auto digit = out.rbegin(); digit != out.rend(); ++digit) {
        std::uint32_t remainder = 0; // Long division by 62, most significant byte first.
        for (auto& byte : number) {
            const std::uint32_t value = (remainder << 8) | byte;
            byte = static_cast<std::uint8_t>(value / 62);
            remainder = value % 62;
        }
        *digit = kBase62Digits[remainder];
    }
    return out;
}

// Ten digits at a time, into 64 bits each: every check of a token decodes one.
bool base62_decode_into(std::string_view text, std::span<std::byte> out)
{
    __extension__ using Wide = unsigned __int128;
    constexpr std::size_t kDigitsAtOnce = 10; // 62^10 < 2^64
    std::array<std::uint64_t, 8> number{};    // the least significant first
    KS_ASSERT(out.size() <= sizeof number);
    const auto limbs = std::span(number).first((out.size() + 7) / 8);
    while (!text.empty()) {
        std::uint64_t carry = 0;
        std::uint64_t power = 1;
        const std::string_view digits = text.substr(0, kDigitsAtOnce);
        for (const char digit : digits) {
            const std::uint32_t value = digit_value(kBase62Values, digit);
            if (value == kForeign) {
                return false;
            }
            carry = carry * 62 + value;
            power *= 62;
        }
        for (std::uint64_t& limb : limbs) { // number = number · 62^digits + what the digits say
            const Wide product = Wide{limb} * power + carry;
            limb = static_cast<std::uint64_t>(product);
            carry = static_cast<std::uint64_t>(product >> 64);
        }
        if (carry != 0) {
            return false; // Does not fit.
        }
        text.remove_prefix(digits.size());
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[out.size() - 1 - i] = static_cast<std::byte>(limbs[i / 8] >> (i % 8 * 8));
    }
    const std::size_t used = out.size() % 8 * 8;
    return used == 0 || limbs.back() >> used == 0;
}

std::uint32_t crc32(std::string_view text)
{
    std::uint32_t value = 0xFFFFFFFFU;
    for (const char c : text) {
        value = (value >> 8) ^ kCrcTable[(value ^ static_cast<unsigned char>(c)) & 0xFF];
    }
    return value ^ 0xFFFFFFFFU;
}

void append_json_string(std::string& out, std::string_view text)
{
    out.push_back('"');
    for (;;) {
        const std::size_t plain = plain_length(text);
        out.append(text, 0, plain);
        text.remove_prefix(plain);
        if (text.empty()) {
            break;
        }
        const auto [c, size] = first_code_point(text);
        if (size == 0) {
            out += "\\ufffd"; // Whatever we were handed, what leaves is JSON.
        } else if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(static_cast<char>(c));
        } else if (c == '\n') {
            out += "\\n";
        } else if (needs_escape(c)) {
            append_unicode_escape(out, c);
        } else {
            out += text.substr(0, size);
        }
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    out.push_back('"');
}

bool is_valid_utf8(std::string_view text)
{
    return count_code_points(text).has_value();
}

std::optional<std::size_t> count_code_points(std::string_view text)
{
    std::size_t count = 0;
    for (; !text.empty(); ++count) {
        const std::size_t size = first_code_point(text).size_bytes;
        if (size == 0) {
            return std::nullopt;
        }
        text.remove_prefix(size);
    }
    return count;
}

} // namespace keystead
