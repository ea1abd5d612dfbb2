#include "crypto/seal.h"

#include "crypto/hash.h"

#include <algorithm>

#include <sodium.h>

namespace keystead::crypto {
namespace {

constexpr std::byte kVersion{1};
constexpr std::byte kXChaCha20Poly1305{1};
constexpr std::size_t kHeadBytes = 6;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(kKeyBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

const unsigned char* data_of(ByteView bytes)
{
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

/// The head, then what the caller binds to.
Bytes associated_data(ByteView head, std::string_view associated)
{
    Bytes data = to_bytes(head);
    const ByteView more = as_bytes(associated);
    data.insert(data.end(), more.begin(), more.end());
    return data;
}

Error does_not_open(std::string cause)
{
    return Error{ErrorKind::Internal, "crypto/does-not-open", "Stored data could not be decrypted.",
                 std::move(cause)};
}

} // namespace

Secret make_key(Random& random)
{
    Secret key(kKeyBytes);
    random.fill(key.writable());
    return key;
}

KeyId key_id_of(const Secret& key)
{
    const Secret derived = hkdf_sha256(key, "keystead/key-id", std::tuple_size_v<KeyId>);
    KeyId id{};
    std::ranges::copy(derived.reveal(), id.begin());
    return id;
}

Bytes seal_with(const Secret& key, const KeyId& id, std::string_view associated, ByteView plain,
                Random& random)
{
    KS_ASSERT(key.size() == kKeyBytes);
    Bytes sealed(kHeadBytes + kNonceBytes + plain.size() + kTagBytes);
    sealed[0] = kVersion;
    sealed[1] = kXChaCha20Poly1305;
    std::ranges::copy(id, sealed.begin() + 2);
    const std::span<std::byte> nonce = std::span(sealed).subspan(kHeadBytes, kNonceBytes);
    random.fill(
        nonce); // 192 random bits: no counter to keep, no practical chance to meet one twice.
    const Bytes bound = associated_data(ByteView(sealed).first(kHeadBytes), associated);
    auto* const out = reinterpret_cast<unsigned char*>(sealed.data() + kHeadBytes + kNonceBytes);
    KS_ASSERT(crypto_aead_xchacha20poly1305_ietf_encrypt(
                  out, nullptr, data_of(plain), plain.size(), data_of(bound), bound.size(), nullptr,
                  data_of(nonce), data_of(key.reveal())) == 0);
    return sealed;
}

Result<Secret> open_with(const Secret& key, const KeyId& id, std::string_view associated,
                         ByteView sealed)
{
    KS_ASSERT(key.size() == kKeyBytes);
    const auto sealed_by = sealing_key_of(sealed);
    if (!sealed_by) {
        return does_not_open("not a ciphertext of this version");
    }
    if (*sealed_by != id) {
        return does_not_open("sealed under another key");
    }
    const ByteView nonce = sealed.subspan(kHeadBytes, kNonceBytes);
    const ByteView ciphertext = sealed.subspan(kHeadBytes + kNonceBytes);
    const Bytes bound = associated_data(sealed.first(kHeadBytes), associated);
    Secret plain(ciphertext.size() - kTagBytes);
    auto* const out = reinterpret_cast<unsigned char*>(plain.writable().data());
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, nullptr, nullptr, data_of(ciphertext),
                                                   ciphertext.size(), data_of(bound), bound.size(),
                                                   data_of(nonce), data_of(key.reveal())) != 0) {
        return does_not_open("authentication failed");
    }
    return plain;
}

std::optional<KeyId> sealing_key_of(ByteView sealed)
{
    if (sealed.size() < kHeadBytes + kNonceBytes + kTagBytes || sealed[0] != kVersion ||
        sealed[1] != kXChaCha20Poly1305) {
        return std::nullopt;
    }
    KeyId id{};
    std::ranges::copy(sealed.subspan(2, id.size()), id.begin());
    return id;
}

} // namespace keystead::crypto
