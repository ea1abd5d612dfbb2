#include "crypto/token.h"

#include "core/encoding.h"
#include "crypto/hash.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <sodium.h>

namespace keystead::crypto {
namespace {

constexpr std::size_t kIdDigits = 22;
constexpr std::size_t kSecretDigits = 43;
constexpr std::size_t kTagDigits = 11;
constexpr std::size_t kChecksumDigits = 6;
constexpr std::size_t kDigits = kIdDigits + kSecretDigits + kTagDigits + kChecksumDigits;
using Tag = std::array<std::byte, crypto_shorthash_BYTES>;
static_assert(crypto_shorthash_KEYBYTES == 16);

constexpr TokenKind kKinds[] = {TokenKind::Session,  TokenKind::Flow,      TokenKind::Device,
                                TokenKind::Personal, TokenKind::Team,      TokenKind::ServiceClient,
                                TokenKind::Host,     TokenKind::Enrolment, TokenKind::Link};

/// The digits of `text` when it starts with the kind's prefix and has the right length; otherwise
/// nothing.
std::optional<std::string_view> digits_of(TokenKind kind, std::string_view text)
{
    const std::string_view name = token_kind_text(kind);
    const std::size_t prefix = 3 + name.size() + 1;
    if (text.size() != prefix + kDigits || !text.starts_with("ks_") ||
        text.substr(3, name.size()) != name || text[prefix - 1] != '_') {
        return std::nullopt;
    }
    return text.substr(prefix);
}

std::array<std::byte, 4> checksum(std::string_view text)
{
    const std::uint32_t value = crc32(text);
    return {std::byte(value >> 24), std::byte(value >> 16 & 0xFF), std::byte(value >> 8 & 0xFF),
            std::byte(value & 0xFF)};
}

bool checksum_matches(std::string_view text)
{
    std::array<std::byte, 4> given{};
    const std::string_view before = text.substr(0, text.size() - kChecksumDigits);
    return base62_decode_into(text.substr(before.size()), given) && given == checksum(before);
}

Tag tag_of(const std::array<std::byte, 16>& key, std::string_view text)
{
    Tag tag{};
    crypto_shorthash(reinterpret_cast<unsigned char*>(tag.data()),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                     reinterpret_cast<const unsigned char*>(key.data()));
    return tag;
}

} // namespace

std::string_view token_kind_text(TokenKind kind)
{
    switch (kind) {
    case TokenKind::Session: return "ses";
    case TokenKind::Flow: return "flw";
    case TokenKind::Device: return "dev";
    case TokenKind::Personal: return "pat";
    case TokenKind::Team: return "team";
    case TokenKind::ServiceClient: return "svc";
    case TokenKind::Host: return "host";
    case TokenKind::Enrolment: return "enr";
    case TokenKind::Link: return "lnk";
    }
    std::abort(); // No default label: the compiler names the kind that someone forgot.
}

TokenMint::TokenMint(const KeyRing& keys, Random& random) : tag_key_{}, random_(random)
{
    const auto key = keys.key(KeyPurpose::TokenTag).reveal();
    KS_ASSERT(key.size() >= tag_key_.size());
    std::copy_n(key.begin(), tag_key_.size(), tag_key_.begin());
}

Token TokenMint::make(TokenKind kind, const IdBytes& id) const
{
    const std::string head =
        "ks_" + std::string(token_kind_text(kind)) + "_" + base62_encode(id, kIdDigits);
    std::string text;
    text.reserve(head.size() + kDigits); // One buffer, wiped below.
    text = head;
    Secret random(32);
    random_.fill(random.writable());
    std::string digits = base62_encode(random.reveal(), kSecretDigits);
    text += digits;
    explicit_bzero(digits.data(), digits.size());
    text += base62_encode(tag_of(tag_key_, text), kTagDigits);
    text += base62_encode(checksum(text), kChecksumDigits);
    Token token{Secret::copy_of(text), sha256(as_bytes(text))};
    explicit_bzero(text.data(), text.size());
    return token;
}

std::optional<TokenMint::Parsed> TokenMint::parse(TokenKind kind, std::string_view text) const
{
    const auto digits = digits_of(kind, text);
    if (!digits || !checksum_matches(text)) {
        return std::nullopt;
    }
    // The tag covers everything before it, so what passes is text of ours, digit for digit.
    const std::size_t tag_at = text.size() - kChecksumDigits - kTagDigits;
    Tag given{};
    if (!base62_decode_into(text.substr(tag_at, kTagDigits), given) ||
        !constant_time_equal(given, tag_of(tag_key_, text.substr(0, tag_at)))) {
        return std::nullopt;
    }
    Parsed parsed{};
    if (!base62_decode_into(digits->substr(0, kIdDigits), parsed.id)) {
        return std::nullopt;
    }
    parsed.digest = sha256(as_bytes(text));
    return parsed;
}

bool has_token_form(std::string_view text)
{
    return std::ranges::any_of(kKinds, [text](TokenKind kind) {
        const auto digits = digits_of(kind, text);
        const auto is_digit = [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        };
        return digits && std::ranges::all_of(*digits, is_digit) && checksum_matches(text);
    });
}

} // namespace keystead::crypto
