// http/rate_limiter_test.cpp
#include "http/rate_limiter.h"

#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace keystead;
using namespace keystead::http;
using namespace std::chrono_literals;

constexpr Quotas kQuotas{.sensitive_per_minute = 5, .write_per_minute = 60, .read_per_minute = 600};

struct Limits : testing::Test {
    test::FakeClock clock;
    test::SeededRandom random;
    LimitSettings settings{.account = kQuotas, .token = {2, 20, 200}, .address = kQuotas};
    RateLimiter limiter{settings, clock, random, 4096};
    Principal nobody;
    IpAddress address = *IpAddress::parse("203.0.113.9");
    LimitVerdict charge(LimitGroup group = LimitGroup::Sensitive)
    {
        return limiter.charge(group, nobody, address);
    }
};

TEST_F(Limits, AllowAQuotaAtOnceAndThenRefuse)
{
    for (std::uint32_t left = 5; left-- > 0;) {
        const auto verdict = charge();
        EXPECT_TRUE(verdict.allowed);
        EXPECT_EQ(verdict.remaining, left);
    }
    const auto refused = charge();
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.retry_after, 12s);
}

// guards: D-10: a client that obeys is never refused twice
TEST_F(Limits, NeverRefuseTwiceAClientThatObeys)
{
    std::uint64_t seed = 42; // pauses of any length, down to the microsecond
    bool waited = false;
    int refusals = 0;
    for (int i = 0; i < 5000; ++i) {
        const auto verdict = charge();
        if (!verdict.allowed) {
            ASSERT_FALSE(waited) << "refused after it had waited";
            ++refusals;
            clock.advance(verdict.retry_after);
            waited = true;
            continue;
        }
        waited = false;
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        clock.advance(std::chrono::microseconds{(seed >> 33) % 9'000'000});
    }
    EXPECT_GT(refusals, 100);
}

// guards: refusals cost nothing, so that a client that hammers gets its quota all the same
TEST_F(Limits, DoNotChargeForRefusals)
{
    for (int i = 0; i < 1000; ++i) {
        (void)charge();
    }
    clock.advance(12s);
    EXPECT_TRUE(charge().allowed);
    EXPECT_FALSE(charge().allowed);
}

TEST_F(Limits, AreSeparateByGroupPrincipalAndSource)
{
    for (int i = 0; i < 6; ++i) {
        (void)charge();
    }
    EXPECT_FALSE(charge().allowed);
    EXPECT_TRUE(charge(LimitGroup::Write).allowed);
    EXPECT_TRUE(
        limiter.charge(LimitGroup::Sensitive, nobody, *IpAddress::parse("203.0.113.10")).allowed);
    Principal session{.kind = Principal::Kind::Session};
    session.account = AccountId::make(clock.now(), random);
    EXPECT_TRUE(limiter.charge(LimitGroup::Sensitive, session, address).allowed);
    Principal client{.kind = Principal::Kind::ServiceClient};
    client.client = ClientId{session.account.bytes()};
    EXPECT_EQ(limiter.charge(LimitGroup::Sensitive, client, address).remaining, 4U);
}

// guards: who has the password alone cannot use up the owner's quota
TEST_F(Limits, CountTheHalfSignedInBySource)
{
    const AccountId account = AccountId::make(clock.now(), random);
    const Principal half{.kind = Principal::Kind::HalfSignedIn, .account = account};
    const Principal owner{.kind = Principal::Kind::Session, .account = account};
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(limiter.charge(LimitGroup::Sensitive, half, address).allowed);
    }
    EXPECT_FALSE(limiter.charge(LimitGroup::Sensitive, half, address).allowed);
    EXPECT_TRUE(limiter.charge(LimitGroup::Sensitive, owner, address).allowed);
    const auto elsewhere = *IpAddress::parse("203.0.113.10");
    EXPECT_TRUE(limiter.charge(LimitGroup::Sensitive, half, elsewhere).allowed);
}

// guards: many accounts behind one address share a quota of ten, and one account has one wherever
TEST_F(Limits, CountBothTheAccountAndItsAddress)
{
    const auto session_of = [&] {
        return Principal{.kind = Principal::Kind::Session,
                         .account = AccountId::make(clock.now(), random)};
    };
    const auto elsewhere = *IpAddress::parse("203.0.113.10");
    const Principal owner = session_of();
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(
            limiter.charge(LimitGroup::Sensitive, owner, i % 2 ? address : elsewhere).allowed);
    }
    EXPECT_FALSE(limiter.charge(LimitGroup::Sensitive, owner, elsewhere).allowed);
    int allowed = 0;
    for (int i = 0; i < 100; ++i) {
        allowed += limiter.charge(LimitGroup::Sensitive, session_of(), address).allowed ? 1 : 0;
    }
    EXPECT_EQ(allowed, 50 - 2);
    EXPECT_TRUE(limiter.charge(LimitGroup::Sensitive, nobody, address).allowed);
}

// guards: a thousand servers that ask as they do are never refused; one that hammers is
TEST_F(Limits, CountServersByThemselvesAndUnknownOnesByAddress)
{
    std::vector<Principal> servers(1000, Principal{.kind = Principal::Kind::Host});
    for (auto& server : servers) {
        server.host = HostId::make(clock.now(), random);
    }
    RateLimiter large(settings, clock, random);
    const Principal unknown{.kind = Principal::Kind::Host};
    for (int second = 0; second < 120; second += 2) {
        for (const auto& server : servers) {
            if (second == 0) { // Nothing is in memory after a restart.
                ASSERT_TRUE(large.charge(LimitGroup::Read, unknown, address).allowed);
            }
            ASSERT_TRUE(large.charge(LimitGroup::Read, server, address).allowed);
            ASSERT_TRUE(large.charge(LimitGroup::Write, server, address).allowed);
        }
        clock.advance(2s);
    }
    int allowed = 0;
    for (int i = 0; i < 2000; ++i) {
        allowed += large.charge(LimitGroup::Read, servers[0], address).allowed ? 1 : 0;
    }
    EXPECT_NEAR(allowed, 600, 30);
    EXPECT_TRUE(large.charge(LimitGroup::Read, servers[1], address).allowed);
    allowed = 0;
    for (int i = 0; i < 10'000; ++i) {
        allowed += large.charge(LimitGroup::Read, unknown, address).allowed ? 1 : 0;
    }
    EXPECT_EQ(allowed, 6000) << "each is a look-up in the store";
    EXPECT_TRUE(large.charge(LimitGroup::Read, servers[1], address).allowed);
    EXPECT_TRUE(large.charge(LimitGroup::Read, nobody, address).allowed);
}

// guards: D-10: nor is one refused twice whom its account and its address limit
TEST_F(Limits, NeverRefuseTwiceASignedInClientThatObeys)
{
    Principal own{.kind = Principal::Kind::Session};
    own.account = AccountId::make(clock.now(), random);
    std::vector<Principal> others(20, own);
    for (auto& other : others) {
        other.account = AccountId::make(clock.now(), random);
    }
    std::uint64_t seed = 7;
    int refusals = 0;
    for (int i = 0; i < 3000; ++i) {
        for (const auto& other : others) { // the address is busy, too
            (void)limiter.charge(LimitGroup::Sensitive, other, address);
        }
        auto verdict = limiter.charge(LimitGroup::Sensitive, own, address);
        if (!verdict.allowed) {
            ++refusals;
            clock.advance(verdict.retry_after);
            verdict = limiter.charge(LimitGroup::Sensitive, own, address);
            ASSERT_TRUE(verdict.allowed) << "refused after it had waited";
        }
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        clock.advance(std::chrono::microseconds{(seed >> 33) % 9'000'000});
    }
    EXPECT_GT(refusals, 100);
}

// guards: an IPv6 source has a /64 of addresses
TEST_F(Limits, CountAnIPv6SourceByItsPrefix)
{
    for (int i = 0; i < 5; ++i) {
        const auto source = *IpAddress::parse("2001:db8::" + std::to_string(i + 1));
        EXPECT_TRUE(limiter.charge(LimitGroup::Sensitive, nobody, source).allowed);
    }
    EXPECT_FALSE(
        limiter.charge(LimitGroup::Sensitive, nobody, *IpAddress::parse("2001:db8::ffff")).allowed);
    EXPECT_TRUE(limiter.charge(LimitGroup::Sensitive, nobody, *IpAddress::parse("2001:db8:0:1::1"))
                    .allowed);
}

// guards: a wall clock that is set back gives nobody a new quota
TEST_F(Limits, DoNotLookAtTheWallClock)
{
    for (int i = 0; i < 5; ++i) {
        (void)charge();
    }
    clock.set(clock.now() - std::chrono::hours{24});
    EXPECT_FALSE(charge().allowed);
    clock.set(clock.now() + std::chrono::hours{48});
    EXPECT_FALSE(charge().allowed);
}

// guards: a flood of addresses grows nothing, and does not free a source that owes much
TEST_F(Limits, KeepWhoOwesMostWhenTheTableIsFull)
{
    RateLimiter small{settings, clock, random, 512};
    for (int i = 0; i < 5; ++i) {
        (void)small.charge(LimitGroup::Sensitive, nobody, address);
    }
    for (int i = 0; i < 20000; ++i) {
        const auto other =
            IpAddress::from_v4({10, static_cast<std::uint8_t>(i >> 16),
                                static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
        (void)small.charge(LimitGroup::Sensitive, nobody, other);
    }
    EXPECT_FALSE(small.charge(LimitGroup::Sensitive, nobody, address).allowed);
}

// guards: the limit holds when requests race
TEST_F(Limits, HoldWhenThreadsRace)
{
    std::atomic<int> allowed{0};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 50; ++i) {
                    allowed +=
                        limiter.charge(LimitGroup::Sensitive, nobody, address).allowed ? 1 : 0;
                }
            });
        }
    }
    EXPECT_EQ(allowed, 5);
}

TEST_F(Limits, AreToldInTheStandardFields)
{
    std::string fields;
    append_rate_limit_fields(fields, charge());
    EXPECT_EQ(fields,
              "RateLimit-Policy: \"sensitive\";q=5;w=60\r\nRateLimit: \"sensitive\";r=4;t=12\r\n");
    fields.clear();
    append_rate_limit_fields(fields, charge(LimitGroup::None));
    EXPECT_EQ(fields, "");
}

} // namespace
