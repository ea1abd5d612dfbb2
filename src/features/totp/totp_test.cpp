#include "features/totp/totp.h"

#include "core/encoding.h"

#include <chrono>
#include <random>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace keystead::totp {
namespace {

using namespace std::chrono_literals;

Secret rfc_secret()
{
    return Secret::copy_of("12345678901234567890");
}
Instant at(std::int64_t seconds)
{
    return Instant{std::chrono::seconds{seconds}};
}

Code code_of(const Secret& secret, TimeStep step)
{
    std::string digits = std::to_string(hotp(secret, step, 6));
    digits.insert(0, 6 - digits.size(), '0');
    return *parse_code(digits);
}

// guards: the arithmetic is that of RFC 4226 appendix D
TEST(Totp, MakesTheCodesOfRfc4226)
{
    constexpr std::uint32_t kCodes[] = {755224, 287082, 359152, 969429, 338314,
                                        254676, 287922, 162583, 399871, 520489};
    for (std::uint64_t counter = 0; counter < 10; ++counter) {
        EXPECT_EQ(hotp(rfc_secret(), TimeStep{counter}, 6), kCodes[counter]);
    }
}

// guards: the steps are those of RFC 6238 appendix B (its SHA-1 rows, eight digits)
TEST(Totp, MakesTheCodesOfRfc6238)
{
    constexpr std::pair<std::int64_t, std::uint32_t> kVectors[] = {
        {59, 94287082},         {1111111109, 7081804},  {1111111111, 14050471},
        {1234567890, 89005924}, {2000000000, 69279037}, {20000000000, 65353130}};
    for (const auto& [seconds, code] : kVectors) {
        EXPECT_EQ(hotp(rfc_secret(), step_of(at(seconds)), 8), code);
    }
}

TEST(Totp, ReadsSixDigitsAndNothingElse)
{
    EXPECT_EQ(parse_code("123456"), (Code{'1', '2', '3', '4', '5', '6'}));
    EXPECT_EQ(parse_code("123 456"), (Code{'1', '2', '3', '4', '5', '6'}));
    for (const std::string_view refused :
         {"", "12345", "1234567", " 123456", "123456 ", "123  456", "12345a", "-12345",
          "12345\xD9\xA0", "123456\n", "0x1234", "+12345", "      "}) {
        EXPECT_FALSE(parse_code(refused)) << refused;
    }
    EXPECT_FALSE(parse_code(std::string_view("12345\0", 6)));
}

// guards: one step to either side of now, no more (RFC 6238 §5.2)
TEST(Totp, AcceptsOneStepToEitherSide)
{
    const Instant now = at(1'000'000'000);
    const auto current = std::to_underlying(step_of(now));
    for (std::uint64_t step = current - 4; step <= current + 4; ++step) {
        const auto found = match_code(rfc_secret(), code_of(rfc_secret(), TimeStep{step}), now);
        const bool near = step + 1 >= current && step <= current + 1;
        EXPECT_EQ(found.has_value(), near) << step;
        if (near) {
            EXPECT_EQ(std::to_underlying(*found), step);
        }
    }
    EXPECT_EQ(match_code(rfc_secret(), code_of(rfc_secret(), TimeStep{0}), at(-5)), TimeStep{0});
}

// guards: of two steps with the same code the newest is taken, so that burning it burns both
TEST(Totp, TakesTheNewestOfEqualCodes)
{
    for (std::uint64_t step = 1;; ++step) { // Two neighbours are equal once in a million.
        if (hotp(rfc_secret(), TimeStep{step}, 6) == hotp(rfc_secret(), TimeStep{step + 1}, 6)) {
            const Instant now = at(static_cast<std::int64_t>(step) * 30);
            EXPECT_EQ(match_code(rfc_secret(), code_of(rfc_secret(), TimeStep{step}), now),
                      TimeStep{step + 1});
            break;
        }
        ASSERT_LT(step, 20'000'000U);
    }
}

// guards: for any secret and time, the code shown now is accepted for a window of three steps and
// then never again
TEST(Totp, HoldsForAnySecretAndTime)
{
    std::mt19937_64 engine(20261122);
    for (int round = 0; round < 500; ++round) {
        Secret secret(kSecretBytes);
        for (std::byte& byte : secret.writable()) {
            byte = static_cast<std::byte>(engine() & 0xff);
        }
        const Instant now = at(static_cast<std::int64_t>(engine() % 4'000'000'000));
        const Code code = code_of(secret, step_of(now));
        for (const auto shift : {-30s, 0s, 30s}) {
            const auto found = match_code(secret, code, now + shift);
            ASSERT_TRUE(found) << round;
            ASSERT_GE(std::to_underlying(*found), std::to_underlying(step_of(now)));
        }
        const auto later = match_code(secret, code, now + 300s);
        if (later) { // An equal code of another step, by chance: never the old step.
            ASSERT_GT(std::to_underlying(*later), std::to_underlying(step_of(now)));
        }
    }
}

// guards: nothing in an address or product name can end the label, add a parameter or break the URI
TEST(Totp, EncodesTheUri)
{
    const Secret uri =
        otpauth_uri("GPU & Co: 100%", "a+b?secret=X@ex\xC3\xA4mple.org", rfc_secret());
    EXPECT_EQ(uri.reveal_text(),
              "otpauth://totp/GPU%20%26%20Co%3A%20100%25:a%2Bb%3Fsecret%3DX%40ex%C3%A4mple.org"
              "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=GPU%20%26%20Co%3A%20100%25");
}

} // namespace
} // namespace keystead::totp
