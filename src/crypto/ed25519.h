// crypto/ed25519.h
//
// Ed25519 signatures (RFC 8032 §5.1) by libsodium, which refuses small-order keys and malleable
// signatures.
#pragma once

#include "core/bytes.h"
#include "core/secret.h"

#include <array>

namespace keystead::crypto {

using Ed25519PublicKey = std::array<std::byte, 32>;
using Ed25519Signature = std::array<std::byte, 64>;

/// The public key that belongs to a 32-byte seed.
Ed25519PublicKey ed25519_public_key(const Secret& seed);
Ed25519Signature ed25519_sign(const Secret& seed, ByteView message);
/// For who signs often: the public key, which a signature needs as well, is worked out once.
class Ed25519Signer {
public:
    explicit Ed25519Signer(const Secret& seed);
    Ed25519Signature sign(ByteView message) const;

private:
    Secret key_; // the seed and the public key
};
bool ed25519_verify(const Ed25519PublicKey& key, ByteView message, ByteView signature);

} // namespace keystead::crypto
