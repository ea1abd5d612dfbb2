#include "features/audit_retention/retention_clock.h"

#include <algorithm>

namespace keystead::audit_retention {

RetentionClock advance(RetentionClock clock, Instant now, std::chrono::microseconds elapsed)
{
#ifndef KEYSTEAD_WITHOUT_RETENTION_CLOCK
    const auto jump = now - clock.believed - elapsed;
    if (jump > RetentionClock::kGapMax) {
        clock.believed += elapsed;
        // A wait that has begun is told from none.
        clock.waited += std::max(elapsed, std::chrono::microseconds{1});
        if (clock.waited < RetentionClock::kWait) {
            return clock;
        }
    }
#endif
    return {.believed = now, .waited = std::chrono::microseconds{0}};
}

} // namespace keystead::audit_retention
