#include "features/link/link_service.h"

#include "crypto/keys.h"
#include "test/support/fake_clock.h"
#include "test/support/recorders.h"
#include "test/support/seeded_random.h"
#include "test/support/test_database.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace keystead::link {
namespace {

using std::chrono::minutes;

Secret make_root(Random& random)
{
    Secret key(32);
    random.fill(key.writable());
    return key;
}

class LinkServiceTest : public testing::TestWithParam<Database::Engine> {
protected:
    std::string make(const Request& request)
    {
        const auto token = database_->write([&](WriteTx& tx) -> Result<Secret> {
            tx.audit_recorded();
            return links_.make(tx, request);
        });
        return std::string(token->reveal_text());
    }
    std::optional<Binding> spend(Purpose purpose, std::string_view token)
    {
        return *database_->write([&](WriteTx& tx) {
            tx.audit_recorded();
            return links_.spend(tx, purpose, token);
        });
    }
    std::optional<Binding> peek(Purpose purpose, std::string_view token)
    {
        return *database_->read([&](ReadTx& tx) { return links_.peek(tx, purpose, token); });
    }
    Request recovery()
    {
        return {.purpose = Purpose::Recovery,
                .lifetime = minutes{30},
                .account = account_,
                .address = "a@b.example"};
    }

    test::TestDatabase database_{GetParam()};
    test::FakeClock clock_;
    test::SeededRandom random_;
    test::RecordingAudit audit_;
    crypto::RootKeyRing keys_{make_root(random_), random_};
    crypto::TokenMint mint_{keys_, random_};
    LinkStore store_;
    LinkService links_{store_, mint_, clock_, random_};
    AccountId account_ = AccountId::make(clock_.now(), random_);
};
INSTANTIATE_TEST_SUITE_P(Engines, LinkServiceTest, testing::ValuesIn(test::engines()),
                         test::engine_name);

// guards: neither does an expired link work again because a clock was set back, nor one made before
// for longer than it would have (ADR 0028)
TEST_P(LinkServiceTest, HoldsAcrossAClockThatIsSetBack)
{
    const Instant wall = clock_.now();
    const std::string expired = make(recovery());
    clock_.advance(std::chrono::hours{2});
    Request later = recovery();
    later.address = "c@d.example";
    const std::string ahead = make(later);
    const SetBack leap{.seen = clock_.now(), .wall = wall};
    EXPECT_EQ(*database_->write([&](WriteTx& tx) {
        tx.audit_recorded();
        return links_.set_back(tx, leap);
    }),
              1);
    clock_.set(wall);
    EXPECT_FALSE(peek(Purpose::Recovery, expired));
    EXPECT_TRUE(peek(Purpose::Recovery, ahead));
    clock_.advance(minutes{30});
    EXPECT_FALSE(peek(Purpose::Recovery, ahead));
}

// guards: a link says what it was bound to, once
TEST_P(LinkServiceTest, IsSpentOnce)
{
    const std::string token = make(recovery());
    ASSERT_TRUE(peek(Purpose::Recovery, token));
    const auto bound = spend(Purpose::Recovery, token);
    ASSERT_TRUE(bound);
    EXPECT_EQ(bound->account, account_);
    EXPECT_EQ(bound->address, "a@b.example");
    EXPECT_FALSE(spend(Purpose::Recovery, token));
    EXPECT_FALSE(peek(Purpose::Recovery, token));
}

// guards: LINK_ONCE: of many who follow one link at once, one does
TEST_P(LinkServiceTest, IsSpentOnceInARace)
{
    for (int round = 0; round < 10; ++round) {
        const std::string token = make({.purpose = Purpose::SetUp, .lifetime = minutes{30}});
        std::atomic<int> spent = 0;
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 16; ++i) {
                threads.emplace_back(
                    [&] { spent += spend(Purpose::SetUp, token).has_value() ? 1 : 0; });
            }
        }
        EXPECT_EQ(spent, 1);
    }
}

// guards: another purpose, another token, an old one and an inert one all open nothing
TEST_P(LinkServiceTest, OpensNothingElse)
{
    const std::string token = make(recovery());
    EXPECT_FALSE(spend(Purpose::SignUp, token));
    EXPECT_FALSE(spend(Purpose::Recovery, ""));
    EXPECT_FALSE(spend(Purpose::Recovery, token + "0"));
    std::string other = token;
    other.back() = other.back() == '0' ? '1' : '0';
    EXPECT_FALSE(spend(Purpose::Recovery, other));
    auto inert = recovery();
    inert.address = "c@d.example";
    inert.effect = Effect::Inert;
    const std::string inert_token = make(inert);
    EXPECT_FALSE(spend(Purpose::Recovery, inert_token));
    clock_.advance(minutes{30});
    EXPECT_FALSE(spend(Purpose::Recovery, token));
}

// guards: a copy of the database opens no link
TEST_P(LinkServiceTest, StoresTheDigestOnly)
{
    const std::string token = make(recovery());
    const auto rows = database_->read(
        [&](ReadTx& tx) { return tx.query("SELECT digest, address, reference FROM link"); });
    ASSERT_EQ(rows->size(), 1U);
    EXPECT_EQ((*rows)[0].digest(0), mint_.parse(crypto::TokenKind::Link, token)->digest);
    EXPECT_EQ((*rows)[0].text(1).find(token), std::string::npos);
}

// guards: a new request voids the old of the same purpose and address
TEST_P(LinkServiceTest, ANewerRequestReplacesTheOlder)
{
    const std::string first = make(recovery());
    const std::string second = make(recovery());
    EXPECT_FALSE(peek(Purpose::Recovery, first));
    EXPECT_TRUE(peek(Purpose::Recovery, second));
    auto elsewhere = recovery();
    elsewhere.address = "c@d.example";
    make(elsewhere);
    EXPECT_TRUE(peek(Purpose::Recovery, second));
}

// guards: a password change ends what could change it again, and not what defends the owner
TEST_P(LinkServiceTest, VoidsRequestsAndKeepsDefences)
{
    const std::string asked = make(recovery());
    const std::string change =
        make({.purpose = Purpose::EmailChange, .lifetime = minutes{30}, .account = account_});
    const std::string undo =
        make({.purpose = Purpose::EmailUndo, .lifetime = minutes{30}, .account = account_});
    const std::string not_me =
        make({.purpose = Purpose::NotMe, .lifetime = minutes{30}, .account = account_});
    ASSERT_TRUE(database_->write([&](WriteTx& tx) {
        tx.audit_recorded();
        return links_.void_requests(tx, account_);
    }));
    EXPECT_FALSE(peek(Purpose::Recovery, asked));
    EXPECT_FALSE(peek(Purpose::EmailChange, change));
    EXPECT_TRUE(peek(Purpose::EmailUndo, undo));
    EXPECT_TRUE(peek(Purpose::NotMe, not_me));
    ASSERT_TRUE(database_->write([&](WriteTx& tx) {
        tx.audit_recorded();
        return links_.void_purpose(tx, Purpose::EmailUndo, account_);
    }));
    EXPECT_FALSE(peek(Purpose::EmailUndo, undo));
    EXPECT_TRUE(peek(Purpose::NotMe, not_me));
}

// guards: a failed change leaves the link for another try
TEST_P(LinkServiceTest, IsUnspentWhenTheTransactionFails)
{
    const std::string token = make(recovery());
    const auto outcome = database_->write([&](WriteTx& tx) -> Result<void> {
        KS_TRY(const auto bound, links_.spend(tx, Purpose::Recovery, token));
        EXPECT_TRUE(bound);
        return Error{ErrorKind::InvalidInput, "password/refused"};
    });
    EXPECT_FALSE(outcome);
    EXPECT_TRUE(spend(Purpose::Recovery, token));
}

// guards: what ended or expired is gone a day later, and nothing else is
TEST_P(LinkServiceTest, SweepsWhatIsOver)
{
    make(recovery());
    const std::string kept = make(
        {.purpose = Purpose::EmailUndo, .lifetime = std::chrono::hours{72}, .account = account_});
    LinkSweep sweep(*database_, store_, audit_);
    ASSERT_TRUE(sweep.run_once(clock_.now()));
    EXPECT_EQ(audit_.count("link.sweep"), 0);
    clock_.advance(std::chrono::hours{25});
    ASSERT_TRUE(sweep.run_once(clock_.now()));
    EXPECT_EQ(audit_.count("link.sweep"), 1);
    const auto rows = database_->read([&](ReadTx& tx) { return tx.query("SELECT 1 FROM link"); });
    EXPECT_EQ(rows->size(), 1U);
    EXPECT_TRUE(peek(Purpose::EmailUndo, kept));
}

} // namespace
} // namespace keystead::link
