#include "crypto/ed25519.h"

#include "core/encoding.h"
#include "test/support/vectors.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace keystead::crypto {
namespace {

// guards: RFC 8032 §7.1 test 2
TEST(Ed25519, SignsAsRfc8032HasIt)
{
    const Secret seed = Secret::copy_of(
        *hex_decode("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
    const auto key = ed25519_public_key(seed);
    EXPECT_EQ(hex_encode(key), "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    const Bytes message{std::byte{0x72}};
    const auto signature = ed25519_sign(seed, message);
    EXPECT_EQ(hex_encode(signature),
              "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
              "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    EXPECT_TRUE(ed25519_verify(key, message, signature));
    EXPECT_FALSE(ed25519_verify(key, as_bytes("other"), signature));
    EXPECT_FALSE(ed25519_verify(key, message, ByteView(signature).first(63)));
}

// guards: Wycheproof: malleable, truncated and non-canonical signatures are refused
TEST(Ed25519, VerifiesAsWycheproofHasIt)
{
    const auto vectors = read_vectors("test/vectors/wycheproof/ed25519.vec");
    ASSERT_GT(vectors.size(), 100U);
    for (const auto& v : vectors) {
        Ed25519PublicKey key{};
        std::ranges::copy(*hex_decode(v.at(0)), key.begin());
        EXPECT_EQ(ed25519_verify(key, *hex_decode(v.at(1)), *hex_decode(v.at(2))),
                  v.at(3) == "valid")
            << v.at(2);
    }
}

} // namespace
} // namespace keystead::crypto
