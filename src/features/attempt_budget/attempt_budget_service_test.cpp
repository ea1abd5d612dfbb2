#include "features/attempt_budget/attempt_budget_service.h"

#include "test/support/failing_database.h"
#include "test/support/fake_clock.h"
#include "test/support/recorders.h"
#include "test/support/seeded_random.h"
#include "test/support/test_database.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace keystead::attempt_budget {
namespace {

using namespace std::chrono_literals;

Secret test_root_key()
{
    return Secret::copy_of("0123456789abcdef0123456789abcdef");
}

class AttemptBudget : public testing::TestWithParam<Database::Engine> {
protected:
    Result<Verdict> charge(Database& db, Scope scope, std::string_view identifier)
    {
        return db.write([&](WriteTx& tx) -> Result<Verdict> {
            KS_CHECK(audit_.append(tx, {.actor = actor_, .action = "test.attempt"}));
            return budget_.charge(tx, scope, as_bytes(identifier), clock_.now());
        });
    }
    Verdict charge(Scope scope, std::string_view identifier = "alice@example.org")
    {
        return *charge(*database_, scope, identifier);
    }
    /// Guesses until nothing is allowed without waiting, or `most` times; answers how many were.
    int exhaust(Scope scope, int most, std::string_view identifier = "alice@example.org")
    {
        int allowed = 0;
        while (allowed < most && charge(scope, identifier).allowed()) {
            ++allowed;
        }
        return allowed;
    }
    template <class Change> void change(const Change& what)
    {
        ASSERT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
            KS_CHECK(audit_.append(tx, {.actor = actor_, .action = "test.change"}));
            return what(tx);
        }));
    }
    std::int64_t rows()
    {
        return (*database_->read(
                    [](ReadTx& tx) { return tx.query_one("SELECT COUNT(*) FROM attempt_budget"); }))
            ->integer(0);
    }

    test::TestDatabase database_{GetParam()};
    test::FakeClock clock_;
    test::SeededRandom random_;
    test::RecordingAudit audit_;
    Actor actor_;
    crypto::RootKeyRing keys_{test_root_key(), random_};
    AttemptBudgetService budget_{keys_};
};

// guards: waiting begins after the free attempts and doubles up to the longest delay (V6.3.1)
TEST_P(AttemptBudget, GrowsItsDelayToAnHour)
{
    EXPECT_EQ(exhaust(Scope::UnknownDevice, 200),
              4); // three are free, the fourth makes the fifth wait
    std::chrono::seconds longest{0};
    std::chrono::seconds before{0};
    for (int attempt = 0; attempt < 20; ++attempt) {
        const Verdict refused = charge(Scope::UnknownDevice);
        ASSERT_FALSE(refused.allowed());
        EXPECT_GE(refused.retry_after, before);
        before = refused.retry_after;
        longest = std::max(longest, refused.retry_after);
        clock_.advance(refused.retry_after);
        ASSERT_TRUE(charge(Scope::UnknownDevice).allowed()) << "who waits as told is let in";
    }
    EXPECT_EQ(longest, 3600s);
}

// guards: at most 100 failures in a row, then only a reset helps (NIST SP 800-63B-4 §3.2.2)
TEST_P(AttemptBudget, RefusesAfterAHundredInARow)
{
    int allowed = 0;
    for (int attempt = 0; attempt < 150; ++attempt) {
        allowed += charge(Scope::UnknownDevice).allowed() ? 1 : 0;
        clock_.advance(1h);
    }
    EXPECT_EQ(allowed, 100);
    EXPECT_EQ(charge(Scope::UnknownDevice).retry_after, 3600s);
    change([&](WriteTx& tx) {
        return budget_.clear(tx, Scope::UnknownDevice, as_bytes("alice@example.org"));
    });
    EXPECT_TRUE(charge(Scope::UnknownDevice).allowed());
}

// guards: guessing from elsewhere takes nothing from known devices, recovery or other accounts
// (K-11)
TEST_P(AttemptBudget, KeepsScopesAndIdentifiersApart)
{
    exhaust(Scope::UnknownDevice, 200);
    EXPECT_TRUE(charge(Scope::KnownDevice).allowed());
    EXPECT_TRUE(charge(Scope::Recovery).allowed());
    EXPECT_TRUE(charge(Scope::RecoveryCode).allowed());
    EXPECT_TRUE(charge(Scope::StepUp).allowed());
    EXPECT_TRUE(charge(Scope::UnknownDevice, "bob@example.org").allowed());
}

// guards: 20 codes an hour, whatever flow they come from (V6.6.3)
TEST_P(AttemptBudget, AllowsTwentyCodesAnHour)
{
    EXPECT_EQ(exhaust(Scope::SecondFactor, 100), 20);
    EXPECT_EQ(charge(Scope::SecondFactor).retry_after, 3600s);
    clock_.advance(30min);
    EXPECT_EQ(charge(Scope::SecondFactor).retry_after, 1800s);
    clock_.advance(30min);
    EXPECT_EQ(exhaust(Scope::SecondFactor, 100), 20);
}

// guards: a source is its /64, and one success does not wipe its guesses at others
TEST_P(AttemptBudget, CountsASourceByItsPrefixAndGivesBackOneAttempt)
{
    const auto first = *IpAddress::parse("2001:db8:1:2::1");
    const auto second = *IpAddress::parse("2001:db8:1:2:ffff::9");
    const auto elsewhere = *IpAddress::parse("2001:db8:1:3::1");
    const auto charge_source = [&](const IpAddress& address) {
        Verdict verdict;
        change([&](WriteTx& tx) -> Result<void> {
            KS_TRY(verdict, budget_.charge_source(tx, address, clock_.now()));
            return {};
        });
        return verdict.allowed();
    };
    for (int attempt = 0; attempt < 60; ++attempt) {
        ASSERT_TRUE(charge_source(attempt % 2 == 0 ? first : second));
    }
    EXPECT_FALSE(charge_source(first));
    EXPECT_FALSE(charge_source(second));
    EXPECT_TRUE(charge_source(elsewhere));
    change([&](WriteTx& tx) { return budget_.refund_source(tx, first); });
    EXPECT_TRUE(charge_source(second));
    EXPECT_FALSE(charge_source(first));
}

// guards: setting the clock back gains no attempt and locks nobody out until it has caught up
TEST_P(AttemptBudget, SurvivesAClockThatJumpsBack)
{
    exhaust(Scope::SecondFactor, 100);
    exhaust(Scope::UnknownDevice, 100);
    clock_.set(clock_.now() - std::chrono::days{400});
    EXPECT_FALSE(charge(Scope::SecondFactor).allowed());
    EXPECT_FALSE(charge(Scope::UnknownDevice).allowed());
    EXPECT_LE(charge(Scope::SecondFactor).retry_after, 1h);
    EXPECT_LE(charge(Scope::UnknownDevice).retry_after, 1s);
    clock_.advance(1h);
    EXPECT_TRUE(charge(Scope::SecondFactor).allowed());
    EXPECT_TRUE(charge(Scope::UnknownDevice).allowed());
}

// guards: the job lets waits start over where refusals rolled back what they had settled
TEST_P(AttemptBudget, StartsWaitsOverAfterAJumpBack)
{
    AttemptBudgetSweep sweep(*database_, audit_);
    exhaust(Scope::SecondFactor, 100);
    exhaust(Scope::UnknownDevice, 100);
    clock_.set(clock_.now() - std::chrono::days{400});
    ASSERT_TRUE(sweep.run_once(clock_.now()));
    clock_.advance(1h - 1s);
    EXPECT_FALSE(charge(Scope::SecondFactor).allowed());
    EXPECT_TRUE(charge(Scope::UnknownDevice).allowed());
    clock_.advance(1s);
    EXPECT_TRUE(charge(Scope::SecondFactor).allowed());
    EXPECT_EQ(audit_.count("attempt_budget.sweep"), 1);
}

// guards: budgets survive a restart
TEST_P(AttemptBudget, SurvivesARestart)
{
    exhaust(Scope::SecondFactor, 100);
    database_.reopen();
    EXPECT_FALSE(charge(Scope::SecondFactor).allowed());
}

// guards: charges that race are all counted (V2.3.4)
TEST_P(AttemptBudget, CountsRacingAttempts)
{
    std::atomic<int> allowed = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 8; ++thread) {
            threads.emplace_back([&] {
                for (int attempt = 0; attempt < 10; ++attempt) {
                    allowed += charge(Scope::SecondFactor).allowed() ? 1 : 0;
                }
            });
        }
    }
    EXPECT_EQ(allowed, 20);
}

// guards: a charge that could not be stored is no permission
TEST_P(AttemptBudget, AllowsNothingWhenTheDatabaseFails)
{
    test::FailingDatabase failing(*database_);
    for (int n = 1;; ++n) {
        failing.fail_at(n);
        const auto verdict = charge(failing, Scope::SecondFactor, "carol@example.org");
        if (!failing.has_failed()) {
            EXPECT_TRUE(verdict && verdict->allowed());
            break;
        }
        EXPECT_FALSE(verdict.has_value());
        EXPECT_EQ(rows(), 0);
    }
}

// guards: rows of what nobody touches go, those that still limit stay
TEST_P(AttemptBudget, SweepsWhatIsOver)
{
    AttemptBudgetSweep sweep(*database_, audit_);
    exhaust(Scope::Recovery, 3);
    exhaust(Scope::UnknownDevice, 3);
    exhaust(Scope::SecondFactor, 15);
    ASSERT_TRUE(sweep.run_once(clock_.now()));
    EXPECT_EQ(rows(), 3);
    ASSERT_TRUE(sweep.run_once(clock_.now() + 25h));
    EXPECT_EQ(rows(), 2);
    ASSERT_TRUE(sweep.run_once(clock_.now() + std::chrono::days{31}));
    EXPECT_EQ(rows(), 1);
    EXPECT_EQ(audit_.count("attempt_budget.sweep"), 2);
}

INSTANTIATE_TEST_SUITE_P(Engines, AttemptBudget, testing::ValuesIn(test::engines()),
                         test::engine_name);

} // namespace
} // namespace keystead::attempt_budget
