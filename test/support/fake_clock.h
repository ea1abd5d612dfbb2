// test/support/fake_clock.h
//
// A clock that moves only when told to. Any thread may read it.
#pragma once

#include "core/clock.h"

#include <atomic>
#include <chrono>

namespace keystead::test {

class FakeClock final : public Clock {
public:
    explicit FakeClock(Instant start = Instant{std::chrono::sys_days{std::chrono::year{2026} / 1 /
                                                                     15}})
        : now_(to_micros(start))
    {
    }
    Instant now() const override { return from_micros(now_.load()); }
    std::chrono::microseconds since_boot() const override
    {
        return std::chrono::microseconds{since_boot_.load()};
    }

    /// Lets time pass.
    void advance(std::chrono::microseconds span)
    {
        now_ += span.count();
        since_boot_ += span.count();
    }
    /// Sets the wall clock, as an operator or NTP may, backwards too. No time passes.
    void set(Instant now) { now_ = to_micros(now); }

private:
    std::atomic<std::int64_t> now_;
    std::atomic<std::int64_t> since_boot_{1'000'000};
};

} // namespace keystead::test
