#include "crypto/hash.h"

#include "core/result.h"

#include <memory>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/sha.h>

namespace keystead::crypto {
namespace {

// OpenSSL 3 looks an algorithm up by name at every use unless it is fetched once. These live as
// long as the process. A failure here means an OpenSSL without SHA-2: nothing of ours can work, so
// it ends the process.

struct MacContextFree {
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
struct KdfContextFree {
    void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};

/// A context whose digest is set; only the key remains to be given.
std::unique_ptr<EVP_MAC_CTX, MacContextFree> make_mac_context(const char* digest)
{
    static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    KS_ASSERT(algorithm != nullptr);
    std::unique_ptr<EVP_MAC_CTX, MacContextFree> context(EVP_MAC_CTX_new(algorithm));
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(digest), 0),
        OSSL_PARAM_construct_end()};
    KS_ASSERT(context != nullptr && EVP_MAC_CTX_set_params(context.get(), parameters) == 1);
    return context;
}

const unsigned char* data_of(ByteView bytes)
{
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

void hmac(EVP_MAC_CTX* context, const Secret& key, ByteView data, std::span<std::byte> out)
{
    KS_ASSERT(key.size() > 0); // OpenSSL would keep the key of the use before.
    std::size_t size = 0;
    KS_ASSERT(EVP_MAC_init(context, data_of(key.reveal()), key.size(), nullptr) == 1);
    KS_ASSERT(EVP_MAC_update(context, data_of(data), data.size()) == 1);
    KS_ASSERT(EVP_MAC_final(context, reinterpret_cast<unsigned char*>(out.data()), &size,
                            out.size()) == 1);
    KS_ASSERT(size == out.size());
}

} // namespace

Digest sha256(ByteView data)
{
    return sha256_of({data});
}

Digest sha256_of(std::initializer_list<ByteView> parts)
{
    // Not by EVP, as all else here: its bookkeeping takes longer than SHA-256 of the short texts
    // that trees, tokens and commitments are made of.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    SHA256_CTX context;
    KS_ASSERT(SHA256_Init(&context) == 1);
    for (const ByteView part : parts) {
        KS_ASSERT(SHA256_Update(&context, part.data(), part.size()) == 1);
    }
    Digest digest{};
    KS_ASSERT(SHA256_Final(reinterpret_cast<unsigned char*>(digest.data()), &context) == 1);
    return digest;
#pragma GCC diagnostic pop
}

std::array<std::byte, 20> sha1(ByteView data)
{
    static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    std::array<std::byte, 20> digest{};
    KS_ASSERT(algorithm != nullptr &&
              EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(digest.data()),
                         nullptr, algorithm, nullptr) == 1);
    return digest;
}

Digest hmac_sha256(const Secret& key, ByteView data)
{
    thread_local const auto context = make_mac_context("SHA256");
    Digest out{};
    hmac(context.get(), key, data, out);
    return out;
}

std::array<std::byte, 20> hmac_sha1(const Secret& key, ByteView data)
{
    thread_local const auto context = make_mac_context("SHA1");
    std::array<std::byte, 20> out{};
    hmac(context.get(), key, data, out);
    return out;
}

Secret hkdf_sha256(const Secret& key, std::string_view info, std::size_t size_bytes)
{
    static EVP_KDF* const algorithm = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
    KS_ASSERT(algorithm != nullptr);
    const std::unique_ptr<EVP_KDF_CTX, KdfContextFree> context(EVP_KDF_CTX_new(algorithm));
    const auto parameter = [](const char* name, ByteView value) {
        return OSSL_PARAM_construct_octet_string(name, const_cast<std::byte*>(value.data()),
                                                 value.size());
    };
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        parameter(OSSL_KDF_PARAM_KEY, key.reveal()), parameter(OSSL_KDF_PARAM_INFO, as_bytes(info)),
        OSSL_PARAM_construct_end()};
    Secret out(size_bytes);
    KS_ASSERT(EVP_KDF_derive(context.get(), reinterpret_cast<unsigned char*>(out.writable().data()),
                             size_bytes, parameters) == 1);
    return out;
}

bool constant_time_equal(ByteView a, ByteView b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace keystead::crypto
