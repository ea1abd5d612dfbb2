#include "features/password/password_service.h"

#include "test/support/failing_database.h"
#include "test/support/fake_clock.h"
#include "test/support/recorders.h"
#include "test/support/seeded_random.h"
#include "test/support/test_database.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace keystead::password {
namespace {

class Passwords : public testing::TestWithParam<Database::Engine> {
protected:
    HashedPassword hashed(std::string_view sealed, Satisfies satisfies = Satisfies::Alone) const
    {
        return {.account = account_,
                .sealed = to_bytes(as_bytes(sealed)),
                .satisfies = satisfies,
                .cost = {64, 1}};
    }
    std::optional<StoredPassword> find()
    {
        return *database_->read([&](ReadTx& tx) { return service_.find(tx, account_); });
    }
    Result<void> set(Database& db, const HashedPassword& password)
    {
        return db.write(
            [&](WriteTx& tx) { return service_.set(tx, actor_, password, SetReason::SignUp); });
    }
    Result<void> replace(Database& db, const StoredPassword& checked,
                         const HashedPassword& password)
    {
        return db.write(
            [&](WriteTx& tx) { return service_.replace(tx, actor_, checked, password); });
    }

    test::TestDatabase database_{GetParam()};
    test::FakeClock clock_;
    test::SeededRandom random_;
    test::RecordingAudit audit_;
    Actor actor_;
    AccountId account_ = AccountId::make(clock_.now(), random_);
    PasswordService service_{audit_, clock_};
};

TEST_P(Passwords, KeepsWhatWasSet)
{
    EXPECT_FALSE(find());
    ASSERT_TRUE(set(*database_, hashed("one", Satisfies::WithSecondFactor)));
    const auto stored = find();
    ASSERT_TRUE(stored);
    EXPECT_EQ(as_text(stored->sealed), "one");
    EXPECT_EQ(stored->satisfies, Satisfies::WithSecondFactor);
    EXPECT_EQ(stored->changed_at, clock_.now());
    EXPECT_FALSE(stored->must_change);
    EXPECT_EQ(audit_.count("password.set"), 1);
}

// guards: a change goes by what was checked: of two that race, one wins (V2.3.4)
TEST_P(Passwords, ReplacesOnlyWhatWasChecked)
{
    ASSERT_TRUE(set(*database_, hashed("one")));
    const auto checked = *find();
    std::atomic<int> won = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 8; ++thread) {
            threads.emplace_back([&, thread] {
                const auto outcome =
                    replace(*database_, checked, hashed("new " + std::to_string(thread)));
                won += outcome ? 1 : 0;
                if (!outcome) {
                    EXPECT_EQ(outcome.error().code, "password/changed-meanwhile");
                }
            });
        }
    }
    EXPECT_EQ(won, 1);
    EXPECT_EQ(audit_.count("password.change"), 1);
}

// guards: re-hashing changes neither when nor under which rule the password was chosen, and never
// undoes a change
TEST_P(Passwords, StoresARehashQuietly)
{
    ASSERT_TRUE(set(*database_, hashed("one", Satisfies::WithSecondFactor)));
    const auto checked = *find();
    clock_.advance(std::chrono::hours{5});
    auto dearer = hashed("two");
    dearer.cost = {128, 3};
    const auto store = [&](const HashedPassword& password) {
        return database_->write(
            [&](WriteTx& tx) { return service_.store_rehash(tx, actor_, checked, password); });
    };
    ASSERT_TRUE(store(dearer));
    EXPECT_EQ(as_text(find()->sealed), "two");
    EXPECT_EQ(find()->changed_at, checked.changed_at);
    EXPECT_EQ(find()->satisfies, Satisfies::WithSecondFactor);
    ASSERT_TRUE(store(hashed("three"))) << "someone was faster: no error";
    EXPECT_EQ(as_text(find()->sealed), "two");
    EXPECT_EQ(audit_.count("password.rehash"), 1);
    const auto dearest =
        *database_->read([&](ReadTx& tx) { return service_.find_dearest_cost(tx); });
    ASSERT_TRUE(dearest);
    EXPECT_EQ(dearest->memory_kib, 128U);
    EXPECT_EQ(dearest->passes, 3U);
}

// guards: a compromised password is marked until a new one is set
TEST_P(Passwords, DemandsANewOne)
{
    const auto require = [&] {
        return *database_->write(
            [&](WriteTx& tx) { return service_.require_change(tx, actor_, account_); });
    };
    EXPECT_FALSE(require());
    ASSERT_TRUE(set(*database_, hashed("one")));
    EXPECT_TRUE(require());
    EXPECT_TRUE(find()->must_change);
    ASSERT_TRUE(replace(*database_, *find(), hashed("two")));
    EXPECT_FALSE(find()->must_change);
}

// guards: all or nothing when the database fails at any call
TEST_P(Passwords, ChangesWhollyOrNotAtAll)
{
    ASSERT_TRUE(set(*database_, hashed("one")));
    const auto checked = *find();
    test::FailingDatabase failing(*database_);
    for (int n = 1;; ++n) {
        failing.fail_at(n);
        const auto outcome = replace(failing, checked, hashed("two"));
        if (!failing.has_failed()) {
            EXPECT_TRUE(outcome);
            break;
        }
        EXPECT_FALSE(outcome);
        EXPECT_EQ(as_text(find()->sealed), "one");
        EXPECT_EQ(audit_.count("password.change"), 0);
    }
    EXPECT_EQ(as_text(find()->sealed), "two");
}

INSTANTIATE_TEST_SUITE_P(Engines, Passwords, testing::ValuesIn(test::engines()), test::engine_name);

} // namespace
} // namespace keystead::password
