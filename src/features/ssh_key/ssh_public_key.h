// features/ssh_key/ssh_public_key.h
//
// OpenSSH public keys as people paste them: one line "type base64 comment", or its blob. Strict:
// what is refused is refused by a code and words of its own. The comment is dropped: it names
// people and machines, and a key has a name here.
//
// Sources: RFC 4253 §6.6 (RSA), RFC 5656 §3.1 (ECDSA), RFC 8709 §4 (Ed25519), OpenSSH PROTOCOL.u2f
// (security keys), PROTOCOL.certkeys (refused), sshd(8) "AUTHORIZED_KEYS FILE FORMAT".
#pragma once

#include "core/bytes.h"
#include "core/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keystead::ssh_key {

/// Stored: never renumber.
enum class KeyType : std::uint8_t {
    Ed25519 = 1,
    EcdsaP256 = 2,
    EcdsaP384 = 3,
    EcdsaP521 = 4,
    Rsa = 5,
    SkEd25519 = 6,
    SkEcdsaP256 = 7,
};
/// "ssh-ed25519", …: as the line begins.
std::string_view type_text(KeyType type);

inline constexpr int kRsaBitsMin = 3072;  // NIST SP 800-57 part 1 §5.6.1.1: 128 bits of strength
inline constexpr int kRsaBitsMax = 16384; // OpenSSH's own most
inline constexpr std::size_t kLineBytesMax = 8192;

struct PublicKey {
    KeyType type = KeyType::Ed25519;
    int bits = 0; // as ssh-keygen -l shows it
    Bytes blob;   // what is signed with, hashed and compared

    bool operator==(const PublicKey&) const = default;
};

/// Errors (InvalidInput): ssh-key/private-key, not-a-key, several-lines, options-in-front,
/// certificate, dsa, unknown-type, rsa-too-short, rsa-too-long, rsa-exponent, not-on-curve,
/// malformed. None quotes its input.
Result<PublicKey> parse_public_key_line(std::string_view text);
/// The same for the bytes that the line holds in base64.
Result<PublicKey> parse_public_key_blob(ByteView blob);
/// Whether `text` holds a private key in any form that is known, or a part of one.
bool looks_like_private_key(std::string_view text);

/// "ssh-ed25519 AAAA…", without a comment.
std::string line_of(const PublicKey& key);
Digest fingerprint_of(const PublicKey& key);
/// "SHA256:…" as ssh-keygen -l shows it.
std::string fingerprint_text(const Digest& fingerprint);
/// What fingerprint_text() wrote, and nothing else.
std::optional<Digest> parse_fingerprint(std::string_view text);

} // namespace keystead::ssh_key
