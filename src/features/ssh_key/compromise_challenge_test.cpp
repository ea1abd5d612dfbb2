#include "features/ssh_key/compromise_challenge.h"

#include "test/support/account_world.h"

#include <gtest/gtest.h>

namespace keystead::ssh_key {
namespace {

class CompromiseChallenge : public testing::Test {
protected:
    Challenge make(std::string_view host = "https://keys.example.test")
    {
        return make_challenge(keys_, random_, host, clock_.now());
    }
    bool is_live(std::string_view message) const
    {
        return is_live_challenge(keys_, message, clock_.now());
    }

    test::FakeClock clock_;
    test::SeededRandom random_;
    crypto::RootKeyRing keys_{test::make_test_root_key(random_), random_};
};

TEST_F(CompromiseChallenge, IsOneLineThatSaysWhatIsSigned)
{
    const auto challenge = make();
    EXPECT_TRUE(is_live(challenge.message));
    EXPECT_TRUE(challenge.message.starts_with(
        "The key that signs this is compromised and must be refused everywhere on "
        "https://keys.example.test expires="));
    EXPECT_EQ(challenge.message.find('\n'), std::string::npos);
    EXPECT_NE(make().message, challenge.message);
}

// guards: nobody but us makes one, and none lives on
TEST_F(CompromiseChallenge, IsRefusedWhenItIsNotOursOrOver)
{
    const auto message = make().message;
    for (std::size_t at = 0; at < message.size(); ++at) {
        auto changed = message;
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(is_live(changed)) << at;
    }
    EXPECT_FALSE(is_live(""));
    EXPECT_FALSE(is_live(message + "\n"));
    EXPECT_FALSE(is_live(message.substr(0, message.rfind(" tag="))));
    const crypto::RootKeyRing others{test::make_test_root_key(random_), random_};
    EXPECT_FALSE(is_live_challenge(others, message, clock_.now()));
    clock_.advance(kChallengeLifetime - std::chrono::seconds(1));
    EXPECT_TRUE(is_live(message));
    clock_.advance(std::chrono::seconds(1));
    EXPECT_FALSE(is_live(message));
}

} // namespace
} // namespace keystead::ssh_key
