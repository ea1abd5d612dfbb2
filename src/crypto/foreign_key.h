// crypto/foreign_key.h
//
// Public keys and signatures that other people's programs made: ECDSA on the NIST curves
// (FIPS 186-5 §6) and RSA PKCS #1 v1.5 (RFC 8017 §8.2.2) by OpenSSL, and whether bytes are a point
// at all. Only checks; nothing of ours is signed with these.
#pragma once

#include "core/bytes.h"

#include <cstdint>

namespace keystead::crypto {

enum class Curve : std::uint8_t { P256, P384, P521 };
enum class RsaHash : std::uint8_t { Sha256, Sha512 };

/// A point of the curve in the uncompressed form (SEC 1 §2.3.3), not the one at infinity.
bool is_curve_point(Curve curve, ByteView point);
/// A canonical point of the main subgroup of Ed25519, none of small order.
bool is_ed25519_point(ByteView key);

/// Hashed as RFC 5656 §6.2.1 has it for the curve's size. `r` and `s` are big-endian numbers.
struct EcdsaSignature {
    ByteView r;
    ByteView s;
};
bool ecdsa_verify(Curve curve, ByteView point, ByteView message, const EcdsaSignature& signature);

/// Big-endian numbers.
struct RsaPublicKey {
    ByteView modulus;
    ByteView exponent;
};
bool rsa_verify(const RsaPublicKey& key, RsaHash hash, ByteView message, ByteView signature);

/// 64 bytes.
Bytes sha512(ByteView data);

} // namespace keystead::crypto
