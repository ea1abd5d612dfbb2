#include "crypto/foreign_key.h"

#include "core/encoding.h"
#include "test/support/vectors.h"

#include <gtest/gtest.h>

namespace keystead::crypto {
namespace {

Bytes hex(std::string_view text)
{
    return hex_decode(text).value();
}

// RFC 6979 §A.2.5: P-256, SHA-256, message "sample".
const Bytes kPoint = hex("0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                         "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
const Bytes kR = hex("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716");
const Bytes kS = hex("f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");

// guards: RFC 6979's signature, and nothing near it
TEST(ForeignKey, VerifiesEcdsa)
{
    EXPECT_TRUE(ecdsa_verify(Curve::P256, kPoint, as_bytes("sample"), {kR, kS}));
    EXPECT_FALSE(ecdsa_verify(Curve::P256, kPoint, as_bytes("samples"), {kR, kS}));
    EXPECT_FALSE(ecdsa_verify(Curve::P256, kPoint, as_bytes("sample"), {kS, kR}));
    EXPECT_FALSE(ecdsa_verify(Curve::P384, kPoint, as_bytes("sample"), {kR, kS}));
    // CVE-2022-21449: a signature of zeros.
    EXPECT_FALSE(ecdsa_verify(Curve::P256, kPoint, as_bytes("sample"), {hex("00"), hex("00")}));
    EXPECT_FALSE(ecdsa_verify(Curve::P256, kPoint, as_bytes("sample"), {{}, {}}));
}

TEST(ForeignKey, KnowsWhatIsNoPoint)
{
    EXPECT_TRUE(is_curve_point(Curve::P256, kPoint));
    EXPECT_FALSE(is_curve_point(Curve::P384, kPoint));
    Bytes beside = kPoint;
    beside.back() ^= std::byte{1};
    EXPECT_FALSE(is_curve_point(Curve::P256, beside));
    EXPECT_FALSE(is_curve_point(Curve::P256, hex("00"))) << "the point at infinity";
    EXPECT_FALSE(is_curve_point(Curve::P256, {}));
    // RFC 8032 §7.1 test 1; the neutral element; a number beyond the field.
    EXPECT_TRUE(
        is_ed25519_point(hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")));
    EXPECT_FALSE(
        is_ed25519_point(hex("0100000000000000000000000000000000000000000000000000000000000000")));
    EXPECT_FALSE(
        is_ed25519_point(hex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")));
    EXPECT_FALSE(is_ed25519_point({}));
}

// guards: FIPS 180-4 example
TEST(ForeignKey, ComputesSha512)
{
    EXPECT_EQ(hex_encode(sha512(as_bytes("abc"))),
              "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
              "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

} // namespace
} // namespace keystead::crypto
