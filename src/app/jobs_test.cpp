#include "app/jobs.h"

#include "test/support/fake_clock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace keystead::app {
namespace {

// guards: a job runs at once, again when woken, and never after stop()
TEST(JobRunner, RunsWakesAndStops)
{
    test::FakeClock clock;
    Log log(clock);
    std::atomic<int> runs{0};
    std::promise<void> first;
    std::promise<void> second;
    {
        JobRunner runner(clock, log);
        runner.start({{"test", std::chrono::hours{1}, [&](Instant now) -> Result<void> {
                           EXPECT_EQ(now, clock.now());
                           const int run = ++runs;
                           if (run <= 2) {
                               (run == 1 ? first : second).set_value();
                           }
                           return {};
                       }}});
        ASSERT_EQ(first.get_future().wait_for(std::chrono::seconds{10}), std::future_status::ready);
        runner.wake("another");
        runner.wake("test");
        ASSERT_EQ(second.get_future().wait_for(std::chrono::seconds{10}),
                  std::future_status::ready);
    }
    EXPECT_EQ(runs, 2);
}

// guards: a job that fails goes on
TEST(JobRunner, GoesOnAfterAFailure)
{
    test::FakeClock clock;
    Log log(clock);
    std::atomic<int> runs{0};
    std::promise<void> third;
    JobRunner runner(clock, log);
    runner.start({{"failing", std::chrono::milliseconds{1}, [&](Instant) -> Result<void> {
                       if (++runs == 3) {
                           third.set_value();
                       }
                       return Error{ErrorKind::Unavailable, "test/failing"};
                   }}});
    EXPECT_EQ(third.get_future().wait_for(std::chrono::seconds{10}), std::future_status::ready);
}

} // namespace
} // namespace keystead::app
