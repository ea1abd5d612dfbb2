#include "features/ssh_key/ssh_signature.h"

#include "core/encoding.h"
#include "crypto/ed25519.h"
#include "crypto/foreign_key.h"
#include "crypto/hash.h"
#include "features/ssh_key/ssh_wire.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string>

namespace keystead::ssh_key {
namespace {

using crypto::Curve;

constexpr std::string_view kBegin = "-----BEGIN SSH SIGNATURE-----";
constexpr std::string_view kEnd = "-----END SSH SIGNATURE-----";
constexpr std::string_view kMagic = "SSHSIG";
constexpr std::uint32_t kVersion = 1;

Error bad_signature()
{
    return {ErrorKind::InvalidInput, "ssh-key/bad-signature",
            "This is no signature of that message by a key that is taken here."};
}

/// What stands between the two lines of armour.
std::optional<Bytes> unarmored(std::string_view text)
{
    const auto begin = text.find(kBegin);
    const auto end = text.find(kEnd);
    if (begin == std::string_view::npos || end == std::string_view::npos ||
        end < begin + kBegin.size()) {
        return std::nullopt;
    }
    std::string base64(text.substr(begin + kBegin.size(), end - begin - kBegin.size()));
    std::erase_if(base64, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
    return base64_decode(base64);
}

/// The parts of the key's blob that come after its type.
struct KeyParts {
    ByteView point; // or the RSA modulus
    ByteView exponent;
    ByteView application;
};
KeyParts parts_of(const PublicKey& key)
{
    WireReader reader(key.blob); // It was checked when it was parsed.
    KeyParts parts;
    KS_ASSERT(reader.text());
    switch (key.type) {
    case KeyType::Rsa:
        parts.exponent = reader.positive().value();
        parts.point = reader.positive().value();
        break;
    case KeyType::EcdsaP256:
    case KeyType::EcdsaP384:
    case KeyType::EcdsaP521:
    case KeyType::SkEcdsaP256: KS_ASSERT(reader.text()); [[fallthrough]];
    case KeyType::Ed25519:
    case KeyType::SkEd25519: parts.point = reader.string().value(); break;
    }
    if (!reader.is_done()) {
        parts.application = reader.string().value();
    }
    return parts;
}

bool verify_ed25519(ByteView point, ByteView message, ByteView signature)
{
    crypto::Ed25519PublicKey key{};
    KS_ASSERT(point.size() == key.size());
    std::ranges::copy(point, key.begin());
    return crypto::ed25519_verify(key, message, signature);
}

/// RFC 5656 §3.1.2: two numbers.
bool verify_ecdsa(Curve curve, ByteView point, ByteView message, ByteView signature)
{
    WireReader reader(signature);
    const auto r = reader.positive();
    const auto s = reader.positive();
    return r && s && reader.is_done() && crypto::ecdsa_verify(curve, point, message, {*r, *s});
}

/// RFC 8332; never SHA-1.
bool verify_rsa(const KeyParts& key, std::string_view algorithm, ByteView message,
                ByteView signature)
{
    const crypto::RsaPublicKey parts{key.point, key.exponent};
    if (algorithm == "rsa-sha2-512") {
        return crypto::rsa_verify(parts, crypto::RsaHash::Sha512, message, signature);
    }
    return algorithm == "rsa-sha2-256" &&
           crypto::rsa_verify(parts, crypto::RsaHash::Sha256, message, signature);
}

/// What a security key signs: the hash of the application, its flags and counter, and the hash of
/// the message (PROTOCOL.u2f, "SSH U2F Signatures").
Bytes security_key_message(ByteView application, ByteView flags_and_counter, ByteView message)
{
    Bytes signed_data = to_bytes(crypto::sha256(application));
    const Digest hashed = crypto::sha256(message);
    signed_data.insert(signed_data.end(), flags_and_counter.begin(), flags_and_counter.end());
    signed_data.insert(signed_data.end(), hashed.begin(), hashed.end());
    return signed_data;
}

bool verify_by_key(const PublicKey& key, ByteView message, ByteView signature)
{
    constexpr std::size_t kFlagsAndCounter = 5;
    WireReader reader(signature);
    const auto algorithm = reader.text();
    const auto raw = reader.string();
    if (!algorithm || !raw || (key.type != KeyType::Rsa && *algorithm != type_text(key.type))) {
        return false;
    }
    const KeyParts parts = parts_of(key);
    Bytes wrapped;
    if (key.type == KeyType::SkEd25519 || key.type == KeyType::SkEcdsaP256) {
        const auto flags_and_counter = reader.raw(kFlagsAndCounter);
        if (!flags_and_counter) {
            return false;
        }
        wrapped = security_key_message(parts.application, *flags_and_counter, message);
    }
    if (!reader.is_done()) {
        return false;
    }
    switch (key.type) {
    case KeyType::Ed25519: return verify_ed25519(parts.point, message, *raw);
    case KeyType::EcdsaP256: return verify_ecdsa(Curve::P256, parts.point, message, *raw);
    case KeyType::EcdsaP384: return verify_ecdsa(Curve::P384, parts.point, message, *raw);
    case KeyType::EcdsaP521: return verify_ecdsa(Curve::P521, parts.point, message, *raw);
    case KeyType::Rsa: return verify_rsa(parts, *algorithm, message, *raw);
    case KeyType::SkEd25519: return verify_ed25519(parts.point, wrapped, *raw);
    case KeyType::SkEcdsaP256: return verify_ecdsa(Curve::P256, parts.point, wrapped, *raw);
    }
    std::abort(); // No default label: the compiler names the type that someone forgot.
}

/// PROTOCOL.sshsig, "Signed Data, of which the signature goes into the blob above".
Bytes signed_data(const SignedMessage& message, std::string_view hash, ByteView hashed)
{
    Bytes data = to_bytes(as_bytes(kMagic));
    append_string(data, as_bytes(message.name_space));
    append_string(data, {}); // reserved
    append_string(data, as_bytes(hash));
    append_string(data, hashed);
    return data;
}

} // namespace

Result<PublicKey> verify_signature(std::string_view armored, const SignedMessage& message)
{
    if (looks_like_private_key(armored)) {
        return Error{ErrorKind::InvalidInput, "ssh-key/private-key",
                     "This is a private key. It was not kept. What is asked for is the signature "
                     "that ssh-keygen makes with it."};
    }
    const auto blob = unarmored(armored);
    if (!blob) {
        return bad_signature();
    }
    WireReader reader(*blob);
    const auto magic = reader.raw(kMagic.size());
    const auto version = reader.number();
    const auto key_blob = reader.string();
    const auto name_space = reader.text();
    const auto reserved = reader.string(); // "implementations should ignore" it, and we sign none
    const auto hash = reader.text();
    const auto signature = reader.string();
    if (!magic || as_text(*magic) != kMagic || version != kVersion || !key_blob || !reserved ||
        !reserved->empty() || !hash || !signature || !reader.is_done()) {
        return bad_signature();
    }
#ifndef KEYSTEAD_WITHOUT_SSH_NAMESPACE
    if (name_space != message.name_space) {
        return bad_signature();
    }
#endif
    const auto key = parse_public_key_blob(*key_blob);
    if (!key) {
        return bad_signature();
    }
    Bytes hashed;
    if (*hash == "sha512") {
        hashed = crypto::sha512(as_bytes(message.text));
    } else if (*hash == "sha256") {
        hashed = to_bytes(crypto::sha256(as_bytes(message.text)));
    } else {
        return bad_signature();
    }
    const SignedMessage signed_message{name_space.value_or(""), message.text};
    if (!verify_by_key(*key, signed_data(signed_message, *hash, hashed), *signature)) {
        return bad_signature();
    }
    return *key;
}

} // namespace keystead::ssh_key
