// guards: a clock that jumps forward removes nothing at once
#include "features/audit_retention/retention_clock.h"

#include <gtest/gtest.h>

namespace keystead::audit_retention {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr Instant kStart{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};

TEST(RetentionClock, FollowsTheClockWhileTimePasses)
{
    RetentionClock clock{.believed = kStart};
    for (int i = 1; i <= 1000; ++i) {
        clock = advance(clock, kStart + i * 10min, 10min);
        EXPECT_EQ(clock.believed, kStart + i * 10min);
        EXPECT_FALSE(clock.waits());
    }
}

TEST(RetentionClock, BelievesAStopOfADay)
{
    const auto clock = advance({.believed = kStart}, kStart + 24h, 0us);
    EXPECT_EQ(clock.believed, kStart + 24h);
}

TEST(RetentionClock, WaitsOutAJumpForSevenDaysOfRunning)
{
    RetentionClock clock{.believed = kStart};
    const Instant wrong = kStart + days{400};
    clock = advance(clock, wrong, 0us);
    EXPECT_TRUE(clock.waits());
    for (int hours = 1; hours < 7 * 24; ++hours) {
        clock = advance(clock, wrong + hours * 1h, 1h);
        ASSERT_EQ(clock.believed, kStart + hours * 1h);
    }
    clock = advance(clock, wrong + 7 * 24h, 1h);
    EXPECT_EQ(clock.believed, wrong + 7 * 24h);
    EXPECT_FALSE(clock.waits());
}

TEST(RetentionClock, IsNotWornDownByRestarts)
{
    RetentionClock clock{.believed = kStart};
    for (int i = 0; i < 10'000; ++i) {
        clock = advance(clock, kStart + days{400}, 0us);
    }
    EXPECT_EQ(clock.believed, kStart);
}

TEST(RetentionClock, ForgetsAJumpThatWasSetRight)
{
    RetentionClock clock = advance({.believed = kStart}, kStart + days{400}, 1h);
    clock = advance(clock, kStart + 2h, 1h);
    EXPECT_EQ(clock, (RetentionClock{.believed = kStart + 2h}));
    clock = advance(clock, kStart - days{3}, 1h);
    EXPECT_EQ(clock.believed, kStart - days{3});
}

} // namespace
} // namespace keystead::audit_retention
