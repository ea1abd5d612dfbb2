// guards: no message is lost, none is sent without its transaction, links are merged beyond three
// an hour, notices never
#include "features/notify/outbox_sender.h"
#include "features/notify/outbox_service.h"

#include "features/notify/message_payload.h"
#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"
#include "test/support/test_database.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace keystead::notify {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

class RecordingTransport final : public MailTransport {
public:
    Delivery send(const OutgoingMail& mail) override
    {
        attempts.push_back(mail.message_id);
        if (outcome == Delivery::Outcome::Sent) {
            sent_to.push_back(mail.to);
            texts.emplace_back(mail.text.reveal_text());
        }
        return {outcome, outcome == Delivery::Outcome::Sent ? "" : "made to fail"};
    }
    Delivery::Outcome outcome = Delivery::Outcome::Sent;
    std::vector<std::string> attempts;
    std::vector<std::string> sent_to;
    std::vector<std::string> texts;
};

class OutboxTest : public testing::TestWithParam<Database::Engine> {
protected:
    void enqueue(Purpose purpose, const std::string& to, const Secret* token = nullptr)
    {
        ASSERT_TRUE(database_->write([&](WriteTx& tx) {
            tx.audit_recorded();
            return outbox_.enqueue(tx, {.purpose = purpose,
                                        .to = to,
                                        .account = account_,
                                        .link_path = "/recovery/confirm",
                                        .link_token = token});
        }));
        clock_.advance(std::chrono::milliseconds{1});
    }
    OutboxSender::Summary run()
    {
        const auto summary = sender_.run_once(clock_.now());
        EXPECT_TRUE(summary);
        return summary ? *summary : OutboxSender::Summary{};
    }
    /// Asks whether a link may be mailed, and mails it.
    bool asks(Purpose purpose, const std::string& to, std::optional<AccountId> by = {})
    {
        const auto admission = database_->write([&](WriteTx& tx) -> Result<Admission> {
            tx.audit_recorded();
            KS_TRY(const auto admitted, outbox_.admit(tx, {.purpose = purpose,
                                                           .otherwise = purpose,
                                                           .to = to,
                                                           .link_lifetime = kLinkLifetime,
                                                           .asked_by = by}));
            if (admitted == Admission::Send) {
                KS_CHECK(outbox_.enqueue(tx, {.purpose = purpose, .to = to, .account = by}));
            }
            return admitted;
        });
        EXPECT_TRUE(admission);
        return admission && *admission == Admission::Send;
    }
    std::int64_t count(std::string_view sql)
    {
        return database_->read([&](ReadTx& tx) { return tx.query(sql); })->front().integer(0);
    }

    test::FakeClock clock_;
    test::SeededRandom random_;
    crypto::RootKeyRing keys_{Secret(32), random_};
    test::TestDatabase database_{GetParam()};
    std::atomic<int> woken_ = 0;
    static constexpr minutes kLinkLifetime{30};
    Settings settings_;
    OutboxService outbox_{clock_, random_, keys_, settings_.mail, [this] { ++woken_; }};
    RecordingTransport transport_;
    OutboxSender sender_{*database_, keys_, transport_, settings_};
    AccountId account_ = AccountId::make(clock_.now(), random_);
};

INSTANTIATE_TEST_SUITE_P(Engines, OutboxTest, testing::ValuesIn(test::engines()),
                         test::engine_name);

TEST_P(OutboxTest, SendsWhatWasQueuedAndForgetsItsContents)
{
    const Secret token = Secret::copy_of(std::string_view("ks_lnk_secret"));
    enqueue(Purpose::RecoveryLink, "alice@example.org", &token);
    EXPECT_EQ(woken_, 1);
    EXPECT_EQ(run().sent, 1U);
    EXPECT_EQ(transport_.sent_to, std::vector<std::string>{"alice@example.org"});
    EXPECT_NE(transport_.texts[0].find("/recovery/confirm#ks_lnk_secret"), std::string::npos);
    EXPECT_EQ(count("SELECT count(*) FROM outbox WHERE payload IS NOT NULL"), 0);
    EXPECT_EQ(run().sent, 0U);
}

TEST_P(OutboxTest, SendsNothingOfATransactionThatFailed)
{
    const auto outcome = database_->write([&](WriteTx& tx) -> Result<void> {
        KS_CHECK(
            outbox_.enqueue(tx, {.purpose = Purpose::PasswordChanged, .to = "alice@example.org"}));
        return Error{.code = "test/failed"};
    });
    EXPECT_FALSE(outcome);
    EXPECT_EQ(woken_, 0);
    EXPECT_EQ(run().sent, 0U);
}

// guards: whoever asks, a link that was mailed works until the next mail may leave (three an hour)
TEST_P(OutboxTest, KeepsALinkAliveWhoeverAsks)
{
    const auto ask = [&] { return asks(Purpose::RecoveryLink, "alice@example.org"); };
    EXPECT_TRUE(ask());
    EXPECT_TRUE(ask());
    EXPECT_FALSE(ask()) << "the link of the second lives for half an hour";
    EXPECT_TRUE(asks(Purpose::RecoveryLink, "bob@example.org"));
    EXPECT_TRUE(asks(Purpose::SignUpLink, "alice@example.org"));
    int mails = 2;
    Instant mailed_at = clock_.now();
    for (int minute = 1; minute <= 600; ++minute) {
        clock_.advance(minutes{1});
        if (ask()) {
            ++mails;
            mailed_at = clock_.now();
        }
        ASSERT_LT(clock_.now() - mailed_at, kLinkLifetime) << minute;
        ASSERT_LE(count("SELECT count(*) FROM outbox WHERE purpose = 4 AND created_at > " +
                        std::to_string(to_micros(clock_.now() - hours{1}))),
                  4) // alice's three, and bob's
            << minute;
    }
    EXPECT_LE(mails, 32);
    EXPECT_EQ(run().merged, 0U);
}

// guards: mails of a clock that ran ahead neither wait for that time nor count until it comes
TEST_P(OutboxTest, GoesOnWhenTheClockIsSetBack)
{
    const Instant wall = clock_.now();
    clock_.advance(hours{24} * 400);
    const auto ask = [&] { return asks(Purpose::RecoveryLink, "alice@example.org"); };
    EXPECT_TRUE(ask());
    EXPECT_TRUE(ask());
    transport_.outcome = Delivery::Outcome::Refused;
    EXPECT_EQ(run().failed, 2U);
    ASSERT_TRUE(database_->write([&](WriteTx& tx) {
        tx.audit_recorded();
        return outbox_.set_back(tx, {.seen = clock_.now(), .wall = wall});
    }));
    clock_.set(wall);
    transport_.outcome = Delivery::Outcome::Sent;
    EXPECT_EQ(run().sent, 2U);
    EXPECT_FALSE(ask());
    clock_.advance(minutes{61});
    EXPECT_TRUE(ask());
}

// guards: naming a stranger's address uses up one's own share of its mails, not the stranger's
TEST_P(OutboxTest, LeavesTheLastLinkToOthers)
{
    const auto thief = AccountId::make(clock_.now(), random_);
    const auto ask = [&](AccountId by) {
        return asks(Purpose::EmailConfirmLink, "alice@example.org", by);
    };
    EXPECT_TRUE(ask(thief));
    EXPECT_TRUE(ask(thief));
    clock_.advance(minutes{31});
    EXPECT_FALSE(ask(thief));
    EXPECT_TRUE(ask(account_));
    EXPECT_FALSE(ask(account_));
}

// guards: three an hour, also when requests race
TEST_P(OutboxTest, AdmitsNoMoreThanItMayInARace)
{
    std::atomic<int> admitted{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back(
                [&] { admitted += asks(Purpose::RecoveryLink, "alice@example.org") ? 1 : 0; });
        }
    }
    EXPECT_EQ(admitted, 2);
}

TEST_P(OutboxTest, NeverMergesNoticesOfChanges)
{
    for (int i = 0; i < 10; ++i) {
        enqueue(Purpose::PasswordChanged, "alice@example.org");
    }
    EXPECT_EQ(run().sent, 10U);
}

TEST_P(OutboxTest, TriesAgainLaterAndLaterWithTheSameMessageIdUntilThreeDaysAreOver)
{
    enqueue(Purpose::RecoveryLink, "alice@example.org");
    transport_.outcome = Delivery::Outcome::Refused;
    const Instant start = clock_.now();
    run();
    EXPECT_EQ(transport_.attempts.size(), 1U);
    run(); // Not due yet.
    EXPECT_EQ(transport_.attempts.size(), 1U);
    while (count("SELECT count(*) FROM outbox WHERE state = 1") == 1) {
        clock_.advance(minutes{1});
        run();
        ASSERT_LT(clock_.now(), start + hours{100});
    }
    EXPECT_GT(transport_.attempts.size(), 8U);
    EXPECT_LT(transport_.attempts.size(), 20U);
    EXPECT_EQ(std::set<std::string>(transport_.attempts.begin(), transport_.attempts.end()).size(),
              1U);
    EXPECT_GT(clock_.now(), start + hours{60});
    EXPECT_EQ(count("SELECT count(*) FROM outbox WHERE payload IS NOT NULL"), 0);
}

TEST_P(OutboxTest, AsksAServerThatIsNotThereOnceABatchAndLosesNothing)
{
    for (int i = 0; i < 20; ++i) {
        enqueue(Purpose::PasswordChanged, "a" + std::to_string(i) + "@example.org");
    }
    transport_.outcome = Delivery::Outcome::Unreachable;
    EXPECT_FALSE(run().more);
    EXPECT_EQ(transport_.attempts.size(), 1U);
    transport_.outcome = Delivery::Outcome::Sent;
    clock_.advance(hours{1});
    while (run().more) {}
    EXPECT_EQ(std::set<std::string>(transport_.sent_to.begin(), transport_.sent_to.end()).size(),
              20U);
    EXPECT_EQ(transport_.sent_to.size(), 20U);
}

TEST_P(OutboxTest, LetsNoMailStandInTheWayOfOthers)
{
    enqueue(Purpose::PasswordChanged, "first@example.org");
    transport_.outcome = Delivery::Outcome::Unreachable;
    run();
    enqueue(Purpose::PasswordChanged, "second@example.org");
    run();
    run();
    clock_.advance(minutes{2});
    transport_.attempts.clear();
    run();
    clock_.advance(minutes{1});
    run();
    EXPECT_EQ(std::set<std::string>(transport_.attempts.begin(), transport_.attempts.end()).size(),
              2U);
}

TEST_P(OutboxTest, SendsEachMessageOnceWhenTwoRunAtOnce)
{
    for (int i = 0; i < 20; ++i) {
        enqueue(Purpose::PasswordChanged, "a" + std::to_string(i) + "@example.org");
    }
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] { EXPECT_TRUE(sender_.run_once(clock_.now())); });
        }
    }
    EXPECT_EQ(transport_.sent_to.size(), 20U);
    EXPECT_EQ(std::set<std::string>(transport_.sent_to.begin(), transport_.sent_to.end()).size(),
              20U);
}

// guards: a flood of other mail does not hold up what somebody has to hear of now
TEST_P(OutboxTest, SendsAGraveNoticeBeforeAThousandOthersThatWaited)
{
    ASSERT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
        tx.audit_recorded();
        for (int i = 0; i < 1000; ++i) {
            KS_CHECK(outbox_.enqueue(tx, {.purpose = Purpose::SignUpLink,
                                          .to = "flood" + std::to_string(i) + "@example.org"}));
        }
        return {};
    }));
    run();
    clock_.advance(minutes{1});
    enqueue(Purpose::SecondFactorFailing, "alice@example.org");
    transport_.sent_to.clear();
    run();
    ASSERT_FALSE(transport_.sent_to.empty());
    EXPECT_EQ(transport_.sent_to.front(), "alice@example.org");
    EXPECT_EQ(transport_.sent_to.size(), 16U) << "and the others go on";
}

TEST_P(OutboxTest, KeepsAPlaceForTheRestBesideAFloodOfNotices)
{
    for (int i = 0; i < 40; ++i) {
        enqueue(Purpose::PasswordChanged, "a" + std::to_string(i) + "@example.org");
    }
    enqueue(Purpose::RecoveryLink, "link@example.org");
    run();
    EXPECT_EQ(std::ranges::count(transport_.sent_to, "link@example.org"), 1);
}

// guards: one mailbox that is flooded with notices does not hold up another's
TEST_P(OutboxTest, LetsAnAddressThatHadManyNoticesWaitWithTheRest)
{
    for (int i = 0; i < 100; ++i) {
        enqueue(Purpose::TokenCreated, "flooded@example.org");
    }
    for (int i = 0; i < 4; ++i) {
        run();
    }
    enqueue(Purpose::PasswordChanged, "alice@example.org");
    for (int i = 0; i < 100 && std::ranges::count(transport_.sent_to, "alice@example.org") == 0;
         ++i) {
        run();
    }
    EXPECT_EQ(std::ranges::count(transport_.sent_to, "alice@example.org"), 1);
    EXPECT_LT(transport_.sent_to.size(), 100U) << "before the flood was over";
    for (int i = 0; i < 100; ++i) {
        run();
    }
    EXPECT_EQ(transport_.sent_to.size(), 101U) << "none is lost";
}

// guards: what a killed server was sending is sent when the next one starts, not a quarter of an
// hour later; what was put off stays so
TEST_P(OutboxTest, SendsAtTheStartWhatAKilledServerWasSending)
{
    enqueue(Purpose::PasswordChanged, "late@example.org");
    transport_.outcome = Delivery::Outcome::Unreachable;
    run(); // Put off for a minute.
    transport_.outcome = Delivery::Outcome::Sent;
    enqueue(Purpose::PasswordChanged, "alice@example.org");
    ASSERT_TRUE(database_->upkeep([&](UpkeepTx& tx) -> Result<void> {
        OutboxStore store;
        KS_TRY(const auto due, store.list_due(tx, Place::Grave, clock_.now(), 10));
        KS_ASSERT(due.size() == 1);
        KS_TRY(const bool ours,
               store.claim(tx, due[0].id, clock_.now(), clock_.now() + minutes{15}));
        KS_ASSERT(ours);
        return {};
    }));
    OutboxSender next(*database_, keys_, transport_, settings_);
    EXPECT_EQ(next.run_once(clock_.now())->sent, 0U);
    EXPECT_EQ(*next.release_claims(clock_.now()), 1);
    EXPECT_EQ(next.run_once(clock_.now())->sent, 1U);
    EXPECT_EQ(transport_.sent_to, std::vector<std::string>{"alice@example.org"});
    EXPECT_EQ(*next.release_claims(clock_.now()), 0);
    clock_.advance(minutes{2});
    EXPECT_EQ(next.run_once(clock_.now())->sent, 1U);
}

TEST_P(OutboxTest, ForgetsWhoseMessagesTheyWereButSendsWhatWaits)
{
    enqueue(Purpose::PasswordChanged, "alice@example.org");
    run();
    enqueue(Purpose::AccountDeleted, "alice@example.org");
    ASSERT_TRUE(database_->write([&](WriteTx& tx) {
        tx.audit_recorded();
        return outbox_.erase_account(tx, account_);
    }));
    EXPECT_EQ(count("SELECT count(*) FROM outbox WHERE account_id IS NOT NULL"), 0);
    EXPECT_EQ(count("SELECT count(*) FROM outbox"), 1);
    EXPECT_EQ(run().sent, 1U);
    clock_.advance(hours{25});
    run();
    EXPECT_EQ(count("SELECT count(*) FROM outbox"), 0);
}

TEST(MessagePayload, ComesBackAsItWasAndRefusesWhatIsCut)
{
    const Secret token = Secret::copy_of(std::string_view("token"));
    const Secret bytes =
        encode_payload({.purpose = Purpose::NewSignIn,
                        .to = "a@b",
                        .link_path = "/not-me",
                        .link_token = &token,
                        .facts = {{"device", "Firefox"}, {"long", std::string(1000, 'x')}}});
    const auto payload = decode_payload(bytes);
    ASSERT_TRUE(payload);
    EXPECT_EQ(payload->to, "a@b");
    EXPECT_EQ(payload->link_path, "/not-me");
    EXPECT_EQ(payload->link_token, "token");
    ASSERT_EQ(payload->facts.size(), 2U);
    EXPECT_EQ(payload->facts[1].second.size(), kFactBytesMax);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(decode_payload(Secret::copy_of(bytes.reveal().first(size))));
    }
}

} // namespace
} // namespace keystead::notify
