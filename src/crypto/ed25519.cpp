#include "crypto/ed25519.h"

#include "core/result.h"

#include <algorithm>

#include <sodium.h>

namespace keystead::crypto {
namespace {

const unsigned char* data_of(ByteView bytes)
{
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
template <class Container> unsigned char* out_of(Container& bytes)
{
    return reinterpret_cast<unsigned char*>(bytes.data());
}

/// Seed and public key as libsodium wants them together.
Secret signing_key(const Secret& seed)
{
    KS_ASSERT(seed.size() == crypto_sign_SEEDBYTES);
    Ed25519PublicKey key{};
    Secret secret(crypto_sign_SECRETKEYBYTES);
    const auto out = secret.writable();
    KS_ASSERT(crypto_sign_seed_keypair(out_of(key), out_of(out), data_of(seed.reveal())) == 0);
    return secret;
}

} // namespace

Ed25519PublicKey ed25519_public_key(const Secret& seed)
{
    const Secret secret = signing_key(seed);
    Ed25519PublicKey key{};
    std::ranges::copy(secret.reveal().last(key.size()), key.begin());
    return key;
}

Ed25519Signer::Ed25519Signer(const Secret& seed) : key_(signing_key(seed)) {}

Ed25519Signature Ed25519Signer::sign(ByteView message) const
{
    Ed25519Signature signature{};
    KS_ASSERT(crypto_sign_detached(out_of(signature), nullptr, data_of(message), message.size(),
                                   data_of(key_.reveal())) == 0);
    return signature;
}

Ed25519Signature ed25519_sign(const Secret& seed, ByteView message)
{
    return Ed25519Signer(seed).sign(message);
}

bool ed25519_verify(const Ed25519PublicKey& key, ByteView message, ByteView signature)
{
    return signature.size() == crypto_sign_BYTES &&
           crypto_sign_verify_detached(data_of(signature), data_of(message), message.size(),
                                       data_of(key)) == 0;
}

} // namespace keystead::crypto
