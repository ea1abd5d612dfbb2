#include "features/credential_cache/credential_cache_service.h"

#include "core/id.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

namespace keystead::credential_cache {
namespace {

using namespace std::chrono_literals;
constexpr Instant kNow{std::chrono::sys_days{std::chrono::year{2026} / 1 / 15}};

/// As little as a cache can hold.
struct Credential {
    struct Use {
        Instant at;
    };
    struct Activity {
        SessionId session;
        Instant last_active_at;
    };
    SessionId session;
    Instant last_active_at{};
    std::int64_t idle_timeout_us = 0;

    bool is_over(Instant now) const
    {
        return idle_timeout_us != 0 &&
               to_micros(now) >= to_micros(last_active_at) + idle_timeout_us;
    }
    bool note(const Use& use)
    {
        if (use.at <= last_active_at) {
            return false;
        }
        last_active_at = use.at;
        return true;
    }
    Activity take_activity() const { return {session, last_active_at}; }
};
using Cache = CredentialCache<Credential>;

class CredentialCacheTest : public testing::Test {
protected:
    Digest token() { return random_bytes<32>(random_); }
    Credential session()
    {
        Credential session;
        session.session = SessionId::make(kNow, random_);
        session.last_active_at = kNow;
        return session;
    }
    static bool finds(Cache& cache, const Digest& token, Instant now = kNow)
    {
        return cache.find_and_note(token, {now}, [](const Credential&) {});
    }
    test::SeededRandom random_;
};

// guards: a row read before a revocation is never put back after it (the cache's epoch)
TEST_F(CredentialCacheTest, RefusesARowThatWasReadBeforeARevocation)
{
    Cache cache(1000);
    const auto revoked = token();
    const auto read_at = cache.epoch_of(revoked);
    cache.remove(std::span(&revoked, 1));
    cache.insert(revoked, session(), read_at);
    EXPECT_FALSE(finds(cache, revoked));
    cache.insert(revoked, session(), cache.epoch_of(revoked));
    EXPECT_TRUE(finds(cache, revoked));
}

// guards: what is over is not found, and is gone
TEST_F(CredentialCacheTest, ForgetsWhatIsOver)
{
    Cache cache(1000);
    auto idle = session();
    idle.idle_timeout_us = std::chrono::microseconds(30min).count();
    const auto key = token();
    cache.insert(key, idle, cache.epoch_of(key));
    EXPECT_TRUE(finds(cache, key, kNow + 29min)); // Moves its last activity.
    EXPECT_TRUE(finds(cache, key, kNow + 58min));
    EXPECT_FALSE(finds(cache, key, kNow + 88min));
    EXPECT_FALSE(finds(cache, key, kNow)); // A clock that goes back brings nothing back.
}

// guards: memory is bounded, and last activity of what was evicted is not lost
TEST_F(CredentialCacheTest, StaysBoundedAndKeepsActivity)
{
    Cache cache(Cache::kShards * 4);
    std::size_t inserted = 0;
    for (int i = 0; i < 5000; ++i, ++inserted) {
        const auto key = token();
        cache.insert(key, session(), cache.epoch_of(key));
        finds(cache, key, kNow + 1s);
    }
    EXPECT_LE(cache.size(), Cache::kShards * 4);
    EXPECT_EQ(cache.take_activity().size(), inserted);
    EXPECT_TRUE(cache.take_activity().empty());
}

// guards: last activity never moves back
TEST_F(CredentialCacheTest, KeepsTheLatestActivity)
{
    Cache cache(1000);
    const auto key = token();
    cache.insert(key, session(), cache.epoch_of(key));
    finds(cache, key, kNow + 10s);
    finds(cache, key, kNow - 10s);
    const auto activity = cache.take_activity();
    ASSERT_EQ(activity.size(), 1U);
    EXPECT_EQ(activity[0].last_active_at, kNow + 10s);
}

// guards: a share is a share, and everybody's turn comes
TEST_F(CredentialCacheTest, GivesActivityInTurns)
{
    Cache cache(10'000);
    std::vector<Digest> keys;
    for (int i = 0; i < 1000; ++i) {
        keys.push_back(token());
        cache.insert(keys.back(), session(), cache.epoch_of(keys.back()));
    }
    std::set<SessionId> seen;
    for (int run = 0; run < 20; ++run) {
        for (const auto& key : keys) {
            ASSERT_TRUE(finds(cache, key, kNow + std::chrono::seconds(run + 1)));
        }
        const auto activity = cache.take_activity(100);
        EXPECT_EQ(activity.size(), 100U);
        for (const auto& one : activity) {
            seen.insert(one.session);
        }
    }
    EXPECT_EQ(seen.size(), keys.size());
}

// guards: a question that is no use leaves no trace
TEST_F(CredentialCacheTest, PeeksWithoutNoting)
{
    Cache cache(1000);
    const auto key = token();
    int seen = 0;
    const auto look = [&] { cache.peek(key, [&](const Credential&) { ++seen; }); };
    look();
    EXPECT_EQ(seen, 0);
    cache.insert(key, session(), cache.epoch_of(key));
    look();
    EXPECT_EQ(seen, 1);
    EXPECT_TRUE(cache.take_activity().empty());
}

// guards: readers, fillers and revokers at once; after a removal has returned nothing is found
// (also under the thread sanitizer)
TEST_F(CredentialCacheTest, HoldsWhileRevocationsRaceFills)
{
    Cache cache(1000);
    std::vector<Digest> keys;
    for (int i = 0; i < 64; ++i) {
        keys.push_back(token());
    }
    std::vector<std::atomic<bool>> revoked(keys.size());
    std::atomic<int> accepted_after_revocation{0};
    std::atomic<bool> stop{false};
    {
        std::vector<std::jthread> threads;
        for (int worker = 0; worker < 3; ++worker) {
            threads.emplace_back([&] {
                while (!stop) {
                    for (std::size_t i = 0; i < keys.size(); ++i) {
                        // As a miss does: the epoch, then the "row", then the insertion.
                        const auto epoch = cache.epoch_of(keys[i]);
                        const bool row_is_there = !revoked[i];
                        if (row_is_there) {
                            cache.insert(keys[i], Credential{}, epoch);
                        }
                    }
                }
            });
        }
        for (std::size_t i = 0; i < keys.size(); ++i) {
            revoked[i] = true;
            cache.remove(std::span(&keys[i], 1));
            for (int look = 0; look < 200; ++look) {
                accepted_after_revocation += finds(cache, keys[i]) ? 1 : 0;
            }
        }
        stop = true;
    }
    EXPECT_EQ(accepted_after_revocation, 0);
}

} // namespace
} // namespace keystead::credential_cache
