#include "crypto/token.h"

#include "core/encoding.h"
#include "crypto/hash.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace keystead::crypto {
namespace {

using test::SeededRandom;

struct TokenForm : testing::Test {
    SeededRandom random;
    RootKeyRing ring{make_key(random), random};
    TokenMint mint{ring, random};
    IdBytes id = make_id_bytes(from_micros(1'795'314'881'000'000), random);
};

// guards: a token names its kind and id, and what is stored is its digest
TEST_F(TokenForm, ReadsWhatItMade)
{
    const Token token = mint.make(TokenKind::Session, id);
    const std::string_view text = token.text.reveal_text();
    EXPECT_TRUE(text.starts_with("ks_ses_"));
    EXPECT_EQ(text.size(), 7U + 22 + 43 + 11 + 6);
    EXPECT_TRUE(has_token_form(text));
    const auto parsed = mint.parse(TokenKind::Session, text);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->id, id);
    EXPECT_EQ(parsed->digest, token.digest);
    EXPECT_EQ(parsed->digest, sha256(as_bytes(text)));
}

// guards: a token of one kind is none of another, nor of another server
TEST_F(TokenForm, BelongsToOneKindAndServer)
{
    const Token token = mint.make(TokenKind::Flow, id);
    EXPECT_FALSE(mint.parse(TokenKind::Session, token.text.reveal_text()));
    EXPECT_TRUE(mint.parse(TokenKind::Flow, token.text.reveal_text()));
    const RootKeyRing other_ring(make_key(random), random);
    EXPECT_FALSE(TokenMint(other_ring, random).parse(TokenKind::Flow, token.text.reveal_text()));
}

// guards: every digit counts, and a made-up token with a right checksum is still refused without a
// look-up
TEST_F(TokenForm, RefusesEveryChange)
{
    const Token token = mint.make(TokenKind::Link, id);
    const std::string text(token.text.reveal_text());
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string changed = text;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(mint.parse(TokenKind::Link, changed)) << i;
        EXPECT_FALSE(mint.parse(TokenKind::Link, text.substr(0, i))) << i;
    }
    EXPECT_FALSE(mint.parse(TokenKind::Link, text + "A"));
    std::string made_up = text.substr(0, text.size() - 6);
    made_up[40] = made_up[40] == 'A' ? 'B' : 'A';
    const std::uint32_t sum = crc32(made_up);
    const std::byte sum_bytes[] = {std::byte(sum >> 24), std::byte(sum >> 16 & 0xFF),
                                   std::byte(sum >> 8 & 0xFF), std::byte(sum & 0xFF)};
    made_up += base62_encode(sum_bytes, 6);
    EXPECT_TRUE(has_token_form(made_up));
    EXPECT_FALSE(mint.parse(TokenKind::Link, made_up));
}

// guards: no two tokens are alike, also for one id
// ASVS: V11.5.1
TEST_F(TokenForm, IsRandom)
{
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        seen.emplace(mint.make(TokenKind::Device, id).text.reveal_text());
    }
    EXPECT_EQ(seen.size(), 100U);
}

} // namespace
} // namespace keystead::crypto
