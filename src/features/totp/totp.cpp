#include "features/totp/totp.h"

#include "core/bytes.h"
#include "core/encoding.h"
#include "core/result.h"
#include "crypto/hash.h"

#include <cstring>
#include <span>
#include <utility>

namespace keystead::totp {
namespace {

/// RFC 3986 §3.3, §3.4: only what is unreserved stands for itself, everywhere in the URI.
void append_percent_encoded(std::string& out, std::string_view text)
{
    constexpr std::string_view kHex = "0123456789ABCDEF";
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        const bool unreserved = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                                (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' ||
                                byte == '_' || byte == '~';
        if (unreserved) {
            out += character;
        } else {
            out += '%';
            out += kHex[byte >> 4];
            out += kHex[byte & 0xf];
        }
    }
}

constexpr std::uint32_t power_of_ten(int digits)
{
    std::uint32_t power = 1;
    for (int digit = 0; digit < digits; ++digit) {
        power *= 10;
    }
    return power;
}

std::array<std::byte, 6> digits_of(std::uint32_t value)
{
    std::array<std::byte, 6> digits{};
    for (std::size_t at = digits.size(); at-- > 0; value /= 10) {
        digits[at] = static_cast<std::byte>('0' + value % 10);
    }
    return digits;
}

} // namespace

std::optional<Code> parse_code(std::string_view typed)
{
    Code code{};
    std::size_t count = 0;
    bool space_before = true; // A space may stand between digits only.
    for (const char character : typed) {
        if (character == ' ' && !space_before) {
            space_before = true;
            continue;
        }
        if (character < '0' || character > '9' || count == code.size()) {
            return std::nullopt;
        }
        code[count++] = character;
        space_before = false;
    }
    if (count != code.size() || space_before) {
        return std::nullopt;
    }
    return code;
}

TimeStep step_of(Instant now)
{
    const auto periods = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()) / kPeriod;
    return TimeStep{periods < 0 ? 0 : static_cast<std::uint64_t>(periods)};
}

std::uint32_t hotp(const Secret& secret, TimeStep step, int digits)
{
    KS_ASSERT(digits >= 1 && digits <= 9);
    std::array<std::byte, 8> counter{};
    auto value = std::to_underlying(step);
    for (std::size_t at = counter.size(); at-- > 0; value >>= 8) {
        counter[at] = static_cast<std::byte>(value & 0xff);
    }
    const auto mac = crypto::hmac_sha1(secret, counter);
    // RFC 4226 §5.3, dynamic truncation: the low four bits of the last byte say where 31 bits are
    // taken.
    const auto offset = std::to_integer<std::size_t>(mac[19] & std::byte{0xf});
    const std::uint32_t truncated = std::to_integer<std::uint32_t>(mac[offset] & std::byte{0x7f})
                                        << 24 |
                                    std::to_integer<std::uint32_t>(mac[offset + 1]) << 16 |
                                    std::to_integer<std::uint32_t>(mac[offset + 2]) << 8 |
                                    std::to_integer<std::uint32_t>(mac[offset + 3]);
    return truncated % power_of_ten(digits);
}

std::optional<TimeStep> match_code(const Secret& secret, const Code& code, Instant now)
{
    const std::uint64_t current = std::to_underlying(step_of(now));
    const std::uint64_t oldest = current > kWindowSteps ? current - kWindowSteps : 0;
    std::uint64_t found = 0;
    std::uint64_t is_found = 0;
    for (std::uint64_t step = oldest; step <= current + kWindowSteps; ++step) {
        const auto expected =
            digits_of(hotp(secret, TimeStep{step}, static_cast<int>(code.size())));
        // All ones when equal: no branch tells which step matched. A later step replaces an earlier
        // one.
        const std::uint64_t equal = 0 - static_cast<std::uint64_t>(crypto::constant_time_equal(
                                            expected, std::as_bytes(std::span(code))));
        found = (found & ~equal) | (step & equal);
        is_found |= equal;
    }
    return is_found != 0 ? std::optional(TimeStep{found}) : std::nullopt;
}

Secret otpauth_uri(std::string_view issuer, std::string_view account, const Secret& secret)
{
    // "otpauth://totp/Issuer:account?secret=…&issuer=Issuer", the form all four authenticator apps
    // of M-05 read. Period, digits and algorithm are left out: they are every app's default, and
    // some refuse a URI that states them.
    std::string uri;
    uri.reserve(64 + 3 * (2 * issuer.size() + account.size()) +
                2 * secret.size()); // never grows: it carries the secret
    uri += "otpauth://totp/";
    append_percent_encoded(uri, issuer);
    uri += ':';
    append_percent_encoded(uri, account);
    uri += "?secret=";
    std::string digits = base32_encode(secret.reveal());
    uri += digits;
    explicit_bzero(digits.data(), digits.size());
    uri += "&issuer=";
    append_percent_encoded(uri, issuer);
    Secret result = Secret::copy_of(uri);
    explicit_bzero(uri.data(), uri.size());
    return result;
}

} // namespace keystead::totp
