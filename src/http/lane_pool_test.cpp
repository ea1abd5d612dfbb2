// http/lane_pool_test.cpp
#include "http/lane_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>

namespace {

using namespace keystead::http;

/// A pool of one thread, held busy until release().
struct BusyPool {
    explicit BusyPool(std::size_t queue_max, std::size_t reserved)
        : pool({.thread_name = "test", .threads = 1, .queue_max = queue_max, .reserved = reserved})
    {
        LanePool::Job job = [this] {
            started.count_down();
            released.wait();
        };
        EXPECT_TRUE(pool.try_submit(job, Place{}));
        started.wait();
    }
    bool submit(Place place)
    {
        LanePool::Job job = [this] { ++ran; };
        return pool.try_submit(job, place);
    }
    std::atomic<int> ran{0};
    std::latch started{1};
    std::latch released{1};
    LanePool pool;
};

// guards: the queue has an end
TEST(LanePool, RefusesWhenItsQueueIsFull)
{
    BusyPool busy(2, 0);
    EXPECT_TRUE(busy.submit(Place{}));
    EXPECT_TRUE(busy.submit(Place{}));
    EXPECT_FALSE(busy.submit(Place{}));
    EXPECT_FALSE(busy.submit(Place{.reserved_for = 7}));
    EXPECT_EQ(busy.pool.waiting(), 2U);
    EXPECT_EQ(busy.pool.refused(), 2U);
    busy.released.count_down();
}

// guards: a storm of strangers leaves half the places to those who are known
TEST(LanePool, KeepsReservedPlacesFromOthers)
{
    BusyPool busy(4, 2);
    EXPECT_TRUE(busy.submit(Place{}));
    EXPECT_TRUE(busy.submit(Place{}));
    EXPECT_FALSE(busy.submit(Place{}));
    EXPECT_TRUE(busy.submit(Place{.reserved_for = 7}));
    EXPECT_TRUE(busy.submit(Place{.reserved_for = 8}));
    EXPECT_FALSE(busy.submit(Place{.reserved_for = 9}));
    busy.released.count_down();
}

// guards: whoever has one reserved place cannot take all of them
TEST(LanePool, GivesEachFewReservedPlaces)
{
    BusyPool busy(6, 5);
    EXPECT_TRUE(busy.submit(Place{}));
    EXPECT_TRUE(busy.submit(Place{.reserved_for = 7}));
    EXPECT_TRUE(busy.submit(Place{.reserved_for = 7}));
    EXPECT_FALSE(busy.submit(Place{.reserved_for = 7}));
    EXPECT_TRUE(busy.submit(Place{.reserved_for = 8}));
    busy.released.count_down();
}

TEST(LanePool, RunsWhatItTook)
{
    std::atomic<int> ran{0};
    std::promise<void> last;
    LanePool pool({.thread_name = "test", .threads = 2, .queue_max = 100});
    for (int i = 0; i < 50; ++i) {
        LanePool::Job job = [&] {
            if (++ran == 50) {
                last.set_value();
            }
        };
        ASSERT_TRUE(pool.try_submit(job, Place{}));
    }
    last.get_future().wait();
    EXPECT_EQ(ran, 50);
}

} // namespace
