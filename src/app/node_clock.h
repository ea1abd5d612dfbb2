// app/node_clock.h
//
// Time as the server judges it: the machine's, but never earlier than it has been, so that what has
// expired stays so when the machine's clock is set back.
//
//   wall  ──────────┐            now() stands still until the wall has caught up …
//   now() ──────────┴──────      … or, when it is more than kHeldMax behind, until lower() says
//   that
//                                 everything that was over by then has been ended (app/set_back.h)
//
// A clock that ran ahead by mistake and is put right therefore holds nobody up for longer than
// kHeldMax; ADR 0028. Any thread.
#pragma once

#include "core/clock.h"

#include <atomic>
#include <chrono>
#include <cstdint>

namespace keystead::app {

class NodeClock final : public Clock {
public:
    static constexpr std::chrono::minutes kHeldMax{10};

    /// `wall` outlives it.
    explicit NodeClock(const Clock& wall) : wall_(wall) {}

    Instant now() const override;
    std::chrono::microseconds since_boot() const override { return wall_.since_boot(); }

    /// What an earlier run has seen.
    void raise(Instant seen);
    /// How far the machine's clock is behind what has been seen; zero when it is not.
    std::chrono::microseconds behind() const;
    /// Goes back to the machine's time.
    void lower();
    /// The machine's time, whatever was seen before.
    Instant wall_time() const { return wall_.now(); }

private:
    const Clock& wall_;
    mutable std::atomic<std::int64_t> floor_us_ = 0; // the latest seen, at most kGrain old
};

} // namespace keystead::app
