#include "app/node_clock.h"

#include <algorithm>

namespace keystead::app {
namespace {

/// Every request asks for the time: the shared value is written once a second, not each time.
constexpr std::chrono::microseconds kGrain = std::chrono::seconds{1};

} // namespace

Instant NodeClock::now() const
{
    const std::int64_t wall = to_micros(wall_.now());
    std::int64_t floor = floor_us_.load(std::memory_order_relaxed);
#ifndef KEYSTEAD_WITHOUT_TIME_FLOOR
    while (wall > floor + kGrain.count() &&
           !floor_us_.compare_exchange_weak(floor, wall, std::memory_order_relaxed)) {}
    return from_micros(std::max(wall, floor));
#else
    static_cast<void>(floor);
    return from_micros(wall);
#endif
}

void NodeClock::raise(Instant seen)
{
    std::int64_t floor = floor_us_.load();
    while (to_micros(seen) > floor && !floor_us_.compare_exchange_weak(floor, to_micros(seen))) {}
}

std::chrono::microseconds NodeClock::behind() const
{
    const std::chrono::microseconds lag{floor_us_.load() - to_micros(wall_.now())};
    return std::max(lag, std::chrono::microseconds{0});
}

void NodeClock::lower()
{
    floor_us_ = to_micros(wall_.now());
}

} // namespace keystead::app
