#include "features/password/password_hasher.h"

#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"
#include "test/support/test_database.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace keystead::password {
namespace {

PasswordSettings cheap_settings()
{
    PasswordSettings settings;
    settings.argon2_memory_kib = 64; // far below the floor: these tests are not about cost
    settings.argon2_passes = 1;
    settings.strength_min = 0;
    settings.hash_queue_max = 4;
    return settings;
}

class Hasher : public testing::Test {
protected:
    AcceptedPassword accepted(std::string_view text) const
    {
        const PasswordPolicy policy(cheap_settings(), "Keystead", nullptr);
        auto result =
            policy.accept(Secret::copy_of(text), {.email = "x@y.org"}, SecondFactor::NotEnforced);
        KS_ASSERT(result.has_value());
        return std::move(*result);
    }
    StoredPassword stored(AccountId account, std::string_view text)
    {
        const auto hashed = *hasher_->hash_new(account, accepted(text), QueuePlace::Open);
        return {.account = account,
                .sealed = hashed.sealed,
                .satisfies = hashed.satisfies,
                .changed_at = {},
                .must_change = false};
    }
    AccountId new_account() { return AccountId::make(clock_.now(), random_); }
    PasswordCheck check(std::string_view typed, const std::optional<StoredPassword>& against)
    {
        return *hasher_->check(Secret::copy_of(typed), against, QueuePlace::Open);
    }

    test::FakeClock clock_;
    test::SeededRandom random_;
    crypto::RootKeyRing keys_{Secret::copy_of("0123456789abcdef0123456789abcdef"), random_};
    std::unique_ptr<PasswordHasher> hasher_ =
        *PasswordHasher::make(cheap_settings(), 2, keys_, random_);
};

TEST_F(Hasher, KnowsTheRightPasswordInEitherNormalForm)
{
    const auto password = stored(new_account(), "Caf\xC3\xA9-9-walnut");
    EXPECT_TRUE(check("Caf\xC3\xA9-9-walnut", password).right);
    EXPECT_TRUE(check("Cafe\xCC\x81-9-walnut", password).right);
    EXPECT_FALSE(check("Caf\xC3\xA9-9-walnu", password).right);
    EXPECT_FALSE(check("caf\xC3\xA9-9-walnut", password).right);
    EXPECT_FALSE(check("", password).right);
    EXPECT_FALSE(check(std::string(5000, 'x'), password).right);
    EXPECT_FALSE(check("Caf\xC3\xA9-9-walnut\n", password).right);
}

// guards: nothing that can be typed fits the decoy, not even what it was made of
TEST_F(Hasher, RefusesEverythingWithoutAStoredPassword)
{
    EXPECT_FALSE(check("Turbid-9-walnut", std::nullopt).right);
    EXPECT_FALSE(check("", std::nullopt).right);
    EXPECT_FALSE(
        check(keys_.key(crypto::KeyPurpose::DecoyPassword).reveal_text(), std::nullopt).right);
}

// guards: a sealed hash is of no use in another account's row, or changed
TEST_F(Hasher, OpensAHashForItsAccountOnly)
{
    auto moved = stored(new_account(), "Turbid-9-walnut");
    moved.account = new_account();
    EXPECT_EQ(
        hasher_->check(Secret::copy_of("Turbid-9-walnut"), moved, QueuePlace::Open).error().code,
        "crypto/does-not-open");
    auto changed = stored(new_account(), "Turbid-9-walnut");
    changed.sealed.back() ^= std::byte{1};
    EXPECT_FALSE(hasher_->check(Secret::copy_of("Turbid-9-walnut"), changed, QueuePlace::Open));
}

// guards: what a database dump holds is no PHC string
TEST_F(Hasher, StoresNothingReadable)
{
    const auto password = stored(new_account(), "Turbid-9-walnut");
    EXPECT_EQ(as_text(password.sealed).find("argon2"), std::string_view::npos);
}

// guards: a dearer setting re-hashes at the next sign-in, and only then
TEST_F(Hasher, RehashesWhenTheCostChanges)
{
    const auto password = stored(new_account(), "Turbid-9-walnut");
    EXPECT_FALSE(check("Turbid-9-walnut", password).needs_rehash);
    auto settings = cheap_settings();
    settings.argon2_passes = 2;
    const auto dearer = *PasswordHasher::make(settings, 2, keys_, random_);
    const auto outcome =
        *dearer->check(Secret::copy_of("Turbid-9-walnut"), password, QueuePlace::Open);
    EXPECT_TRUE(outcome.right && outcome.needs_rehash);
    EXPECT_FALSE(dearer->check(Secret::copy_of("wrong"), password, QueuePlace::Open)->needs_rehash);
    const auto again =
        *dearer->rehash(Secret::copy_of("Turbid-9-walnut"), password, QueuePlace::Open);
    EXPECT_EQ(again.cost.passes, 2U);
    const StoredPassword after{.account = again.account,
                               .sealed = again.sealed,
                               .satisfies = again.satisfies,
                               .changed_at = {},
                               .must_change = false};
    EXPECT_FALSE(
        dearer->check(Secret::copy_of("Turbid-9-walnut"), after, QueuePlace::Open)->needs_rehash);
}

TEST_F(Hasher, MeasuresByTheClockItIsGiven)
{
    EXPECT_EQ(*hasher_->measure({.memory_kib = 64, .passes = 1}, clock_),
              std::chrono::microseconds{0});
}

// guards: no hash inside a transaction
TEST_F(Hasher, EndsTheProcessInsideATransaction)
{
    // The database has a thread: a child that is only forked may find locks held for ever.
    testing::GTEST_FLAG(death_test_style) = "threadsafe";
    test::TestDatabase database;
    EXPECT_DEATH((void)database->read(
                     [&](ReadTx&) -> Result<bool> { return check("x", std::nullopt).right; }),
                 "broken invariant");
}

// guards: a storm is refused, not queued without end, and half the places are kept (V15.2.2, K-11)
TEST(HashGate, KeepsHalfOfItsQueue)
{
    HashGate gate(1, 4);
    ASSERT_TRUE(gate.enter(QueuePlace::Open));
    std::atomic<int> entered = 0;
    std::atomic<int> refused = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 8; ++thread) {
            threads.emplace_back([&] {
                const auto place = gate.enter(QueuePlace::Open);
                if (!place) {
                    EXPECT_EQ(place.error().code, "password/busy");
                    EXPECT_EQ(place.error().kind, ErrorKind::Unavailable);
                    EXPECT_GT(place.error().retry_after.count(), 0);
                    ++refused;
                    return;
                }
                ++entered;
                gate.leave();
            });
        }
        while (refused < 6) { // Two wait, six are sent away at once.
            std::this_thread::yield();
        }
        std::jthread kept([&] {
            ASSERT_TRUE(gate.enter(QueuePlace::Kept));
            gate.leave();
        });
        gate.leave();
    }
    EXPECT_EQ(entered, 2);
    EXPECT_EQ(refused, 6);
}

// guards: no more hashes at once than there are slots
TEST(HashGate, LetsNoMoreInThanItsSlots)
{
    HashGate gate(2, 64);
    std::atomic<int> inside = 0;
    std::atomic<int> most = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 8; ++thread) {
            threads.emplace_back([&] {
                for (int round = 0; round < 200; ++round) {
                    ASSERT_TRUE(gate.enter(QueuePlace::Kept));
                    const int now = ++inside;
                    int before = most.load();
                    while (before < now && !most.compare_exchange_weak(before, now)) {}
                    --inside;
                    gate.leave();
                }
            });
        }
    }
    EXPECT_LE(most, 2);
}

} // namespace
} // namespace keystead::password
