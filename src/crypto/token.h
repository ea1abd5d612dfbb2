// crypto/token.h
//
// The form of every token and cookie of ours: `ks_<kind>_<id><secret><tag><checksum>`, base62,
// fixed widths (22 + 43 + 11 + 6 digits). The checksum (CRC-32 of all before it) lets scanners
// recognise one without asking; the tag (64 bits, SipHash-2-4 keyed with KeyPurpose::TokenTag over
// all before it) lets a made-up one be refused without a look-up. What is stored is SHA-256 of the
// whole text.
#pragma once

#include "core/bytes.h"
#include "core/id.h"
#include "core/random.h"
#include "core/secret.h"
#include "crypto/keys.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keystead::crypto {

enum class TokenKind : std::uint8_t {
    Session,
    Flow,
    Device,
    Personal,
    Team,
    ServiceClient,
    Host,
    Enrolment,
    Link
};
/// "ses", "flw", "dev", "pat", "team", "svc", "host", "enr", "lnk"
std::string_view token_kind_text(TokenKind kind);

struct Token {
    Secret text;   // what the holder gets
    Digest digest; // what is stored
};

class TokenMint {
public:
    TokenMint(const KeyRing& keys, Random& random);
    Token make(TokenKind kind, const IdBytes& id) const;
    struct Parsed {
        IdBytes id;
        Digest digest;
    };
    /// Nothing unless form, checksum and tag are right and the kind is `kind`. No look-up, no
    /// allocation.
    std::optional<Parsed> parse(TokenKind kind, std::string_view text) const;

private:
    std::array<std::byte, 16> tag_key_;
    Random& random_;
};

/// Form and checksum only, without a key: what a secret scanner can tell.
bool has_token_form(std::string_view text);

} // namespace keystead::crypto
