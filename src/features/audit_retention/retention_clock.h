// features/audit_retention/retention_clock.h
//
// How far the wall clock is believed when old events are to be removed, which nothing brings back.
// Pure. A jump forward looks like a long stop of the server: neither can be told from the other,
// so both are waited out.
//
//              gap up to a day, or set back
//        ┌────────────────────────────────────┐
//        v            a larger jump           │
//     Follows ──────────────────────────> Waits ── 7 days of running ──> Follows
//     believed = the clock                believed grows by the time that passed
#pragma once

#include "core/clock.h"

#include <chrono>

namespace keystead::audit_retention {

struct RetentionClock {
    static constexpr std::chrono::hours kGapMax{24};
    static constexpr std::chrono::hours kWait{7 * 24};

    Instant believed{};
    std::chrono::microseconds waited{0};

    bool waits() const { return waited.count() > 0; }
    bool operator==(const RetentionClock&) const = default;
};

/// `now` is what the clock says, `elapsed` the time that has surely passed since the last call: by
/// the boot clock, zero for the first call of a process.
RetentionClock advance(RetentionClock clock, Instant now, std::chrono::microseconds elapsed);

} // namespace keystead::audit_retention
