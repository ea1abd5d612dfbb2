#include "features/idempotency/idempotency_service.h"

#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"
#include "test/support/test_database.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace keystead::idempotency {
namespace {

using namespace std::chrono_literals;

class IdempotencyKeys : public testing::TestWithParam<Database::Engine> {
protected:
    Result<void> claim(AccountId account, std::string_view operation, const std::string& key,
                       std::string_view id)
    {
        return database_->write([&](WriteTx& tx) -> Result<void> {
            KS_CHECK(service_.claim(tx, account, operation, key, id));
            tx.audit_recorded();
            return {};
        });
    }
    test::TestDatabase database_{GetParam()};
    test::FakeClock clock_;
    test::SeededRandom random_;
    IdempotencyStore store_;
    IdempotencyService service_{store_, clock_};
    AccountId ada_ = AccountId::make(clock_.now(), random_);
    AccountId bob_ = AccountId::make(clock_.now(), random_);
};

TEST_P(IdempotencyKeys, TellARepeatTheId)
{
    ASSERT_TRUE(claim(ada_, "make", "k1", "tok_1"));
    const auto repeat = claim(ada_, "make", "k1", "tok_2");
    ASSERT_FALSE(repeat);
    EXPECT_EQ(repeat.error().code, "idempotency/already-done");
    EXPECT_EQ(repeat.error().extension, R"("id":"tok_1")");
    // Another key, operation or account is no repeat.
    EXPECT_TRUE(claim(ada_, "make", "k2", "tok_3"));
    EXPECT_TRUE(claim(ada_, "turn", "k1", "tok_4"));
    EXPECT_TRUE(claim(bob_, "make", "k1", "tok_5"));
}

TEST_P(IdempotencyKeys, AreForgottenAfterADay)
{
    ASSERT_TRUE(claim(ada_, "make", "k1", "tok_1"));
    ASSERT_TRUE(service_.sweep(*database_, clock_.now() + 23h));
    EXPECT_FALSE(claim(ada_, "make", "k1", "tok_2"));
    ASSERT_TRUE(service_.sweep(*database_, clock_.now() + 25h));
    EXPECT_TRUE(claim(ada_, "make", "k1", "tok_3"));
}

// guards: of racing requests with one key, one makes something
TEST_P(IdempotencyKeys, LetOneOfARaceThrough)
{
    std::atomic<int> first{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 10; ++i) {
            threads.emplace_back(
                [&, i] { first += claim(ada_, "make", "k", "tok_" + std::to_string(i)) ? 1 : 0; });
        }
    }
    EXPECT_EQ(first, 1);
}

INSTANTIATE_TEST_SUITE_P(Engines, IdempotencyKeys, testing::ValuesIn(test::engines()),
                         test::engine_name);

} // namespace
} // namespace keystead::idempotency
