#include "features/account/notices_service.h"

#include "test/support/account_world.h"

#include <gtest/gtest.h>

namespace keystead::account {
namespace {

using namespace std::chrono_literals;
using notify::Purpose;

class NoticesTest : public testing::TestWithParam<Database::Engine> {
protected:
    NoticesTest() : ada_(world_.create("ada@example.test")->id) { world_.mails.take(); }
    Result<void> tell(Purpose purpose)
    {
        return world_.database->write([&](WriteTx& tx) {
            tx.audit_recorded();
            return world_.notices.tell_owner(tx, world_.owner_of(ada_), ada_, purpose);
        });
    }
    Result<void> attack(Purpose purpose)
    {
        return world_.database->write([&](WriteTx& tx) {
            tx.audit_recorded();
            return world_.notices.tell_attack(tx, Actor{}, ada_, purpose);
        });
    }
    Result<void> choose(const std::vector<Wish>& wishes)
    {
        return world_.database->write([&](WriteTx& tx) {
            tx.audit_recorded();
            return world_.notices.choose(tx, world_.owner_of(ada_), ada_, wishes);
        });
    }
    std::size_t told() { return world_.mails.take().size(); }
    Choice choice(OptionalNotice kind)
    {
        const auto all =
            *world_.database->read([&](ReadTx& tx) { return world_.notices.choices(tx, ada_); });
        EXPECT_EQ(all.size(), kOptionalNotices.size());
        return *std::ranges::find(all, kind, &Choice::kind);
    }

    test::AccountWorld world_{GetParam()};
    AccountId ada_;
};

constexpr auto kOff = Choice::Sent::No;
constexpr auto kOn = Choice::Sent::Yes;

TEST_P(NoticesTest, AreSwitchedOffAndOnByTheirOwner)
{
    EXPECT_EQ(choice(OptionalNotice::NewDevice).sent, kOn);
    ASSERT_TRUE(choose({{OptionalNotice::NewDevice, kOff}}));
    const auto mails = world_.mails.take();
    ASSERT_EQ(mails.size(), 1U) << "which is told in any case";
    EXPECT_EQ(mails[0].purpose, Purpose::NoticesChanged);
    EXPECT_EQ(mails[0].facts[0], (std::pair<std::string, std::string>{"new-device", "off"}));
    EXPECT_EQ(world_.audit.count("account.choose-notices"), 1);
    ASSERT_TRUE(tell(Purpose::NewSignIn));
    EXPECT_EQ(told(), 0U);
    ASSERT_TRUE(tell(Purpose::SshKeyOld));
    EXPECT_EQ(told(), 1U) << "the others go on";
    ASSERT_TRUE(choose({{OptionalNotice::NewDevice, kOff}, {OptionalNotice::KeyReminder, kOn}}));
    EXPECT_EQ(told(), 0U) << "nothing changed";
    ASSERT_TRUE(choose({{OptionalNotice::NewDevice, kOn}}));
    EXPECT_EQ(told(), 1U);
    ASSERT_TRUE(tell(Purpose::NewSignIn));
    EXPECT_EQ(told(), 1U);
}

// guards: nobody switches off what has to be heard, were it a thief in the owner's session
TEST_P(NoticesTest, ThatAreGraveAreAlwaysSent)
{
    for (const auto kind : kOptionalNotices) {
        ASSERT_TRUE(choose({{kind, kOff}}));
    }
    told();
    for (const auto purpose :
         {Purpose::PasswordChanged, Purpose::NewCountrySignIn, Purpose::SignInAfterFailures,
          Purpose::TokenCreated, Purpose::SshKeyAdded, Purpose::SecondFactorDisabled}) {
        ASSERT_TRUE(tell(purpose));
        EXPECT_EQ(told(), 1U);
    }
    world_.all_settings.notice.optional = {"key-reminder"};
    ASSERT_TRUE(tell(Purpose::NewSignIn));
    EXPECT_EQ(told(), 1U) << "the operator took the choice back";
    EXPECT_EQ(choice(OptionalNotice::NewDevice).changeable, Choice::Changeable::No);
    EXPECT_EQ(choice(OptionalNotice::NewDevice).sent, kOn);
    EXPECT_EQ(choose({{OptionalNotice::NewDevice, kOff}}).error().code,
              "account/notice-not-optional");
}

TEST_P(NoticesTest, AreOffByDefaultWhereTheSettingsSaySo)
{
    world_.all_settings.notice.off_by_default = {"sessions-ended"};
    ASSERT_TRUE(tell(Purpose::SessionsEnded));
    EXPECT_EQ(told(), 0U);
    ASSERT_TRUE(choose({{OptionalNotice::SessionsEnded, kOn}}));
    told();
    ASSERT_TRUE(tell(Purpose::SessionsEnded));
    EXPECT_EQ(told(), 1U);
}

// guards: who fails the second factor again and again fills no mailbox
TEST_P(NoticesTest, OfAnAttackAreMergedForAWhile)
{
    for (int i = 0; i < 50; ++i) {
        ASSERT_TRUE(attack(Purpose::SecondFactorFailing));
    }
    EXPECT_EQ(told(), 1U);
    world_.clock.advance(59min);
    ASSERT_TRUE(attack(Purpose::SecondFactorFailing));
    EXPECT_EQ(told(), 0U);
    world_.clock.advance(2min);
    ASSERT_TRUE(attack(Purpose::SecondFactorFailing));
    EXPECT_EQ(told(), 1U);
    ASSERT_TRUE(tell(Purpose::PasswordChanged));
    EXPECT_EQ(told(), 1U) << "what was changed is told each time";
}

INSTANTIATE_TEST_SUITE_P(Engines, NoticesTest, testing::ValuesIn(test::engines()),
                         test::engine_name);

} // namespace
} // namespace keystead::account
