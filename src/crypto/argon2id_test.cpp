#include "crypto/argon2id.h"

#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

#include <string>

namespace keystead::crypto {
namespace {

using test::SeededRandom;

constexpr Argon2idParameters kCheap{64, 1};

// guards: the decoy is a hash like any other, and nobody's
TEST(Argon2id, DecoyIsVerifiedLikeAnyHashAndFitsNothing)
{
    SeededRandom random;
    const Secret decoy = argon2id_decoy(kCheap, random);
    EXPECT_FALSE(argon2id_needs_rehash(decoy.reveal_text(), kCheap));
    const auto empty = argon2id_verify(decoy.reveal_text(), Secret(0));
    ASSERT_TRUE(empty.has_value());
    EXPECT_FALSE(*empty);
    const Secret other = argon2id_decoy(kCheap, random);
    EXPECT_NE(other.reveal_text(), decoy.reveal_text());
    EXPECT_EQ(other.size(), decoy.size());
}

// guards: the right password and no other, and another salt every time
TEST(Argon2id, VerifiesWhatItHashed)
{
    SeededRandom random;
    const Secret password = Secret::copy_of("correct horse battery staple");
    const Secret phc = *argon2id_hash(password, kCheap, random);
    EXPECT_TRUE(phc.reveal_text().starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
    EXPECT_TRUE(*argon2id_verify(phc.reveal_text(), password));
    EXPECT_FALSE(
        *argon2id_verify(phc.reveal_text(), Secret::copy_of("correct horse battery stapl")));
    EXPECT_FALSE(*argon2id_verify(phc.reveal_text(), Secret::copy_of("")));
    const Secret again = *argon2id_hash(password, kCheap, random);
    EXPECT_NE(phc.reveal_text(), again.reveal_text());
}

// guards: a hash of the reference implementation (`argon2 saltsaltsaltsalt -id -t 2 -k 256 -p 1 -l
// 32`) is understood
TEST(Argon2id, VerifiesAForeignHash)
{
    const std::string phc = "$argon2id$v=19$m=256,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$d/"
                            "gNnNMfanumao7kr+lHuY6GS9VLUn8B49/LwXA+/SQ";
    EXPECT_TRUE(*argon2id_verify(phc, Secret::copy_of("password")));
}

// guards: settings that changed are noticed, in both directions
TEST(Argon2id, KnowsWhatNeedsARehash)
{
    SeededRandom random;
    const Secret phc = *argon2id_hash(Secret::copy_of("x"), kCheap, random);
    EXPECT_FALSE(argon2id_needs_rehash(phc.reveal_text(), kCheap));
    EXPECT_TRUE(argon2id_needs_rehash(phc.reveal_text(), {128, 1}));
    EXPECT_TRUE(argon2id_needs_rehash(phc.reveal_text(), {64, 2}));
    EXPECT_TRUE(argon2id_needs_rehash("$2b$12$abc", kCheap));
}

// guards: a poisoned row neither allocates gigabytes nor runs for minutes
TEST(Argon2id, RefusesAPoisonedHash)
{
    const std::string tail = "$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const std::string refused[] = {
        "",
        "$argon2id$",
        "$argon2i$v=19$m=64,t=1,p=1" + tail,
        "$argon2id$v=16$m=64,t=1,p=1" + tail,
        "$argon2id$v=19$m=1048577,t=1,p=1" + tail,
        "$argon2id$v=19$m=4294967296,t=1,p=1" + tail,
        "$argon2id$v=19$m=64,t=17,p=1" + tail,
        "$argon2id$v=19$m=64,t=1,p=4" + tail,
        "$argon2id$v=19$m=064,t=1,p=1" + tail,
        "$argon2id$v=19$m=64,t=0,p=1" + tail,
        "$argon2id$v=19$m=0,t=1,p=1" + tail,
        "$argon2id$v=19$m=-1,t=1,p=1" + tail,
        "$argon2id$v=19$m=64,t=1,p=1$c2FsdA$AAAA",
        "$argon2id$v=19$m=64,t=1,p=1" + tail + "AAAA",
        "$argon2id$v=19$m=64,t=1,p=1" + tail + "$",
        "$argon2id$v=19$m=",
        "$argon2id$v=19$m=64,t=",
    };
    for (const auto& phc : refused) {
        const auto verified = argon2id_verify(phc, Secret::copy_of("x"));
        ASSERT_FALSE(verified) << phc;
        EXPECT_EQ(verified.error().code, "crypto/hash-not-supported");
        EXPECT_TRUE(argon2id_needs_rehash(phc, kCheap));
    }
    EXPECT_TRUE(argon2id_verify("$argon2id$v=19$m=64,t=1,p=1" + tail, Secret::copy_of("x")));
}

} // namespace
} // namespace keystead::crypto
