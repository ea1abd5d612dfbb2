#include "app/node_clock.h"

#include "test/support/fake_clock.h"

#include <gtest/gtest.h>

namespace keystead::app {
namespace {

using namespace std::chrono_literals;

// guards: time does not go back by itself, and goes on when the machine's has caught up
TEST(NodeClock, StandsStillWhileTheMachineIsBehind)
{
    test::FakeClock wall;
    const NodeClock clock(wall);
    const Instant begun = clock.now();
    EXPECT_EQ(begun, wall.now());
    wall.advance(1h);
    const Instant later = clock.now();
    EXPECT_EQ(later, begun + 1h);
    wall.set(begun);
    EXPECT_EQ(clock.now(), later);
    EXPECT_EQ(clock.behind(), 1h);
    wall.advance(1h + 1s);
    EXPECT_EQ(clock.now(), later + 1s);
    EXPECT_EQ(clock.behind(), 0s);
}

// guards: what an earlier run has seen counts, and going back is a decision
TEST(NodeClock, IsRaisedAndLowered)
{
    test::FakeClock wall;
    NodeClock clock(wall);
    const Instant seen = wall.now() + 400 * 24h;
    clock.raise(seen);
    clock.raise(seen - 1h);
    EXPECT_EQ(clock.now(), seen);
    clock.lower();
    EXPECT_EQ(clock.now(), wall.now());
    wall.advance(5s);
    EXPECT_EQ(clock.now(), wall.now());
}

} // namespace
} // namespace keystead::app
