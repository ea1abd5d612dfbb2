#include "crypto/foreign_key.h"

#include "core/result.h"

#include <memory>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sodium.h>

namespace keystead::crypto {
namespace {

template <auto Free> struct Freer {
    template <class T> void operator()(T* object) const { Free(object); }
};
using Number = std::unique_ptr<BIGNUM, Freer<BN_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freer<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freer<OSSL_PARAM_free>>;

const unsigned char* data_of(ByteView bytes)
{
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

Number number_of(ByteView bytes)
{
    return Number(BN_bin2bn(data_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

struct CurveFacts {
    const char* group;
    const char* hash;
    std::size_t point_bytes;
};
CurveFacts facts_of(Curve curve)
{
    switch (curve) {
    case Curve::P256: return {"P-256", "SHA256", 65};
    case Curve::P384: return {"P-384", "SHA384", 97};
    case Curve::P521: return {"P-521", "SHA512", 133};
    }
    std::abort();
}

/// Null when OpenSSL does not take the parts for a key.
Key key_from(const char* algorithm, OSSL_PARAM_BLD* builder)
{
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr));
    const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
    KS_ASSERT(context && parameters && EVP_PKEY_fromdata_init(context.get()) == 1);
    EVP_PKEY* key = nullptr;
    if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
        return nullptr;
    }
    return Key(key);
}

Key curve_key(Curve curve, ByteView point)
{
    const CurveFacts facts = facts_of(curve);
    if (point.size() != facts.point_bytes || point.front() != std::byte{4}) {
        return nullptr;
    }
    const ParameterBuilder builder(OSSL_PARAM_BLD_new());
    KS_ASSERT(builder);
    KS_ASSERT(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                              facts.group, 0) == 1);
    KS_ASSERT(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                               point.size()) == 1);
    return key_from("EC",
                    builder.get()); // OpenSSL decodes the point, and so finds it on the curve.
}

bool verify(EVP_PKEY* key, const char* hash, ByteView message, ByteView signature)
{
    const DigestContext context(EVP_MD_CTX_new());
    KS_ASSERT(context);
    return EVP_DigestVerifyInit_ex(context.get(), nullptr, hash, nullptr, nullptr, key, nullptr) ==
               1 &&
           EVP_DigestVerify(context.get(), data_of(signature), signature.size(), data_of(message),
                            message.size()) == 1;
}

} // namespace

bool is_curve_point(Curve curve, ByteView point)
{
    return curve_key(curve, point) != nullptr;
}

bool is_ed25519_point(ByteView key)
{
    return key.size() == crypto_core_ed25519_BYTES &&
           crypto_core_ed25519_is_valid_point(data_of(key)) == 1;
}

bool ecdsa_verify(Curve curve, ByteView point, ByteView message, const EcdsaSignature& signature)
{
    const Key key = curve_key(curve, point);
    const std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG_free>> pair(ECDSA_SIG_new());
    Number r = number_of(signature.r);
    Number s = number_of(signature.s);
    KS_ASSERT(pair && r && s);
    if (!key) {
        return false;
    }
    KS_ASSERT(ECDSA_SIG_set0(pair.get(), r.release(), s.release()) == 1);
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(pair.get(), &der);
    if (size <= 0) {
        return false;
    }
    const Bytes encoded(reinterpret_cast<const std::byte*>(der),
                        reinterpret_cast<const std::byte*>(der) + size);
    OPENSSL_free(der);
    return verify(key.get(), facts_of(curve).hash, message, encoded);
}

bool rsa_verify(const RsaPublicKey& parts, RsaHash hash, ByteView message, ByteView signature)
{
    const ParameterBuilder builder(OSSL_PARAM_BLD_new());
    const Number modulus = number_of(parts.modulus);
    const Number exponent = number_of(parts.exponent);
    KS_ASSERT(builder && modulus && exponent);
    KS_ASSERT(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) == 1);
    KS_ASSERT(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) == 1);
    const Key key = key_from("RSA", builder.get());
    const auto size = static_cast<std::size_t>(BN_num_bytes(modulus.get()));
    if (!key || signature.size() > size) {
        return false;
    }
    // RFC 8332 §3 sends the number without the zeros that RFC 8017 §8.2.1 puts in front.
    Bytes padded(size - signature.size());
    padded.insert(padded.end(), signature.begin(), signature.end());
    return verify(key.get(), hash == RsaHash::Sha256 ? "SHA256" : "SHA512", message, padded);
}

Bytes sha512(ByteView data)
{
    Bytes digest(64);
    KS_ASSERT(EVP_Q_digest(nullptr, "SHA512", nullptr, data.data(), data.size(),
                           reinterpret_cast<unsigned char*>(digest.data()), nullptr) == 1);
    return digest;
}

} // namespace keystead::crypto
