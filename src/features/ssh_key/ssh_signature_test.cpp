#include "features/ssh_key/ssh_signature.h"

#include "core/encoding.h"
#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "features/ssh_key/ssh_wire.h"
#include "test/support/vectors.h"

#include <gtest/gtest.h>

#include <string>

namespace keystead::ssh_key {
namespace {

constexpr SignedMessage kHello{"test", "hello"};

std::string with_lines(std::string text)
{
    for (auto at = text.find("\\n"); at != std::string::npos; at = text.find("\\n", at)) {
        text.replace(at, 2, "\n");
    }
    return text;
}

std::string armored(ByteView blob)
{
    return "-----BEGIN SSH SIGNATURE-----\n" + base64_encode(blob) +
           "\n-----END SSH SIGNATURE-----\n";
}

Bytes blob_of(const std::string& text)
{
    std::string base64 = text.substr(text.find("-----\n") + 6);
    base64 = base64.substr(0, base64.find("-----END"));
    std::erase(base64, '\n');
    return base64_decode(base64).value();
}

// guards: what ssh-keygen signs, in that namespace, over that message, and nothing else
TEST(SshSignature, IsVerifiedForEveryType)
{
    const auto vectors = read_vectors("test/vectors/ssh/signatures.vec");
    ASSERT_EQ(vectors.size(), 6U);
    for (const auto& vector : vectors) {
        const std::string signature = with_lines(vector.at(1));
        const auto signer = verify_signature(signature, kHello);
        ASSERT_TRUE(signer) << vector.at(0);
        EXPECT_EQ(*signer, *parse_public_key_line(vector.at(0)));
        EXPECT_FALSE(verify_signature(signature, {"test", "hello\n"}));
        EXPECT_FALSE(verify_signature(signature, {"test2", "hello"}));
        EXPECT_FALSE(verify_signature(signature, {"", "hello"}));
    }
}

// guards: a signature made for another use is none
TEST(SshSignature, OfAnotherNamespaceIsNone)
{
    const auto signature = with_lines(read_vectors("test/vectors/ssh/signatures.vec").at(0).at(1));
    EXPECT_EQ(verify_signature(signature, {"git", "hello"}).error().code, "ssh-key/bad-signature");
}

TEST(SshSignature, IsNoneWithOneBitChanged)
{
    const auto vector = read_vectors("test/vectors/ssh/signatures.vec").at(0);
    const Bytes blob = blob_of(with_lines(vector.at(1)));
    ASSERT_TRUE(verify_signature(armored(blob), kHello));
    for (std::size_t bit = 0; bit < blob.size() * 8; ++bit) {
        Bytes changed = blob;
        changed[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
        EXPECT_FALSE(verify_signature(armored(changed), kHello)) << bit;
    }
    for (std::size_t size = 0; size < blob.size(); ++size) {
        EXPECT_FALSE(verify_signature(armored(ByteView(blob).first(size)), kHello));
    }
    Bytes longer = blob;
    longer.push_back(std::byte{});
    EXPECT_FALSE(verify_signature(armored(longer), kHello));
    EXPECT_FALSE(verify_signature("", kHello));
    EXPECT_FALSE(
        verify_signature("-----END SSH SIGNATURE----------BEGIN SSH SIGNATURE-----", kHello));
    EXPECT_EQ(verify_signature("-----BEGIN OPENSSH PRIVATE KEY-----", kHello).error().code,
              "ssh-key/private-key");
}

/// A security key's signature as PROTOCOL.u2f has it, made here: there is no such key to ask.
Bytes security_key_signature(std::string_view application, std::string_view signed_application)
{
    const Secret seed = Secret::copy_of("0123456789abcdef0123456789abcdef");
    Bytes key;
    append_string(key, as_bytes("sk-ssh-ed25519@openssh.com"));
    append_string(key, crypto::ed25519_public_key(seed));
    append_string(key, as_bytes(application));
    Bytes data = to_bytes(as_bytes("SSHSIG"));
    append_string(data, as_bytes("test"));
    append_string(data, {});
    append_string(data, as_bytes("sha256"));
    append_string(data, crypto::sha256(as_bytes("hello")));
    const Bytes flags_and_counter = hex_decode("0100000007").value();
    Bytes wrapped = to_bytes(crypto::sha256(as_bytes(signed_application)));
    wrapped.insert(wrapped.end(), flags_and_counter.begin(), flags_and_counter.end());
    const Digest hashed = crypto::sha256(data);
    wrapped.insert(wrapped.end(), hashed.begin(), hashed.end());
    Bytes signature;
    append_string(signature, as_bytes("sk-ssh-ed25519@openssh.com"));
    append_string(signature, crypto::ed25519_sign(seed, wrapped));
    signature.insert(signature.end(), flags_and_counter.begin(), flags_and_counter.end());
    Bytes blob = to_bytes(as_bytes("SSHSIG"));
    append_number(blob, 1);
    append_string(blob, key);
    append_string(blob, as_bytes("test"));
    append_string(blob, {});
    append_string(blob, as_bytes("sha256"));
    append_string(blob, signature);
    return blob;
}

TEST(SshSignature, OfASecurityKeyBindsItsApplication)
{
    const auto signer = verify_signature(armored(security_key_signature("ssh:", "ssh:")), kHello);
    ASSERT_TRUE(signer);
    EXPECT_EQ(signer->type, KeyType::SkEd25519);
    EXPECT_FALSE(verify_signature(armored(security_key_signature("ssh:", "ssh:other")), kHello));
}

} // namespace
} // namespace keystead::ssh_key
