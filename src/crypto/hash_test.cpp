#include "crypto/hash.h"

#include "core/encoding.h"
#include "test/support/vectors.h"

#include <gtest/gtest.h>

#include <thread>

namespace keystead::crypto {
namespace {

Bytes hex(const std::string& text)
{
    return hex_decode(text).value();
}

// guards: FIPS 180-4 examples, also when the data comes in parts
TEST(Hash, ComputesSha256)
{
    EXPECT_EQ(hex_encode(sha256(as_bytes("abc"))),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex_encode(sha256({})),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_of({as_bytes("a"), {}, as_bytes("bc")}), sha256(as_bytes("abc")));
}

// guards: Wycheproof HMAC-SHA-256, tampered tags included
TEST(Hash, ComputesHmacSha256AsWycheproofHasIt)
{
    const auto vectors = read_vectors("test/vectors/wycheproof/hmac_sha256.vec");
    ASSERT_GT(vectors.size(), 50U);
    for (const auto& v : vectors) {
        const Digest tag = hmac_sha256(Secret::copy_of(hex(v.at(0))), hex(v.at(1)));
        EXPECT_EQ(constant_time_equal(tag, hex(v.at(2))), v.at(3) == "valid")
            << v.at(0) << " " << v.at(1);
    }
}

// guards: RFC 2202 §3 test cases 1 and 2; a key does not stay for the next use
TEST(Hash, ComputesHmacSha1)
{
    const auto tag = hmac_sha1(Secret::copy_of(Bytes(20, std::byte{0x0b})), as_bytes("Hi There"));
    EXPECT_EQ(hex_encode(tag), "b617318655057264e28bc0b6fb378c8ef146be00");
    const auto other = hmac_sha1(Secret::copy_of("Jefe"), as_bytes("what do ya want for nothing?"));
    EXPECT_EQ(hex_encode(other), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

// guards: Wycheproof HKDF-SHA-256 without salt
TEST(Hash, DerivesAsWycheproofHasIt)
{
    const auto vectors = read_vectors("test/vectors/wycheproof/hkdf_sha256.vec");
    ASSERT_GT(vectors.size(), 10U);
    for (const auto& v : vectors) {
        const Bytes info = hex(v.at(1));
        const Secret out =
            hkdf_sha256(Secret::copy_of(hex(v.at(0))), as_text(info), std::stoul(v.at(2)));
        EXPECT_EQ(hex_encode(out.reveal()), v.at(3));
    }
}

// guards: equality is of all bytes and of the length
TEST(Hash, ComparesInConstantTime)
{
    EXPECT_TRUE(constant_time_equal(as_bytes("abc"), as_bytes("abc")));
    EXPECT_TRUE(constant_time_equal({}, {}));
    EXPECT_FALSE(constant_time_equal(as_bytes("abc"), as_bytes("abd")));
    EXPECT_FALSE(constant_time_equal(as_bytes("abc"), as_bytes("ab")));
}

// guards: the re-used contexts belong to one thread each
TEST(Hash, ThreadsDoNotDisturbEachOther)
{
    const Digest expected = hmac_sha256(Secret::copy_of("key"), as_bytes("data"));
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&expected] {
            for (int round = 0; round < 500; ++round) {
                EXPECT_EQ(hmac_sha256(Secret::copy_of("key"), as_bytes("data")), expected);
                (void)hmac_sha256(Secret::copy_of("other"), as_bytes("data"));
            }
        });
    }
}

} // namespace
} // namespace keystead::crypto
