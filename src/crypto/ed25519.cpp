#include "crypto/ed25519.h"

#include "core/result.h"

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

/// Seed and public key as libsodium wants them together; the public key goes to `key`.
Secret signing_key(const Secret& seed, Ed25519PublicKey& key)
{
    KS_ASSERT(seed.size() == crypto_sign_SEEDBYTES);
    Secret secret(crypto_sign_SECRETKEYBYTES);
    const auto out = secret.writable();
    KS_ASSERT(crypto_sign_seed_keypair(out_of(key), out_of(out), data_of(seed.reveal())) == 0);
    return secret;
}

} // namespace

Ed25519PublicKey ed25519_public_key(const Secret& seed)
{
    Ed25519PublicKey key{};
    (void)signing_key(seed, key);
    return key;
}

Ed25519Signature ed25519_sign(const Secret& seed, ByteView message)
{
    Ed25519PublicKey key{};
    const Secret secret = signing_key(seed, key);
    Ed25519Signature signature{};
    KS_ASSERT(crypto_sign_detached(out_of(signature), nullptr, data_of(message), message.size(),
                                   data_of(secret.reveal())) == 0);
    return signature;
}

bool ed25519_verify(const Ed25519PublicKey& key, ByteView message, ByteView signature)
{
    return signature.size() == crypto_sign_BYTES &&
           crypto_sign_verify_detached(data_of(signature), data_of(message), message.size(),
                                       data_of(key)) == 0;
}

} // namespace keystead::crypto
