#include "app/real_clock.h"

#include "core/result.h"

#include <ctime>

namespace keystead::app {

Instant RealClock::now() const
{
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::chrono::microseconds RealClock::since_boot() const
{
    timespec time{};
    KS_ASSERT(clock_gettime(CLOCK_BOOTTIME, &time) == 0);
    return std::chrono::seconds{time.tv_sec} +
           std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::nanoseconds{time.tv_nsec});
}

} // namespace keystead::app
