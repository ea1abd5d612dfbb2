// core/clock.h
//
// Time is handed in: only app/ knows the real clock, tests use test/support/fake_clock.h.
#pragma once

#include <chrono>
#include <cstdint>

namespace keystead {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;

struct Clock {
    virtual ~Clock() = default;
    virtual Instant now() const = 0;
    /// Time since boot, suspended time included (CLOCK_BOOTTIME): never jumps back while the
    /// process lives.
    virtual std::chrono::microseconds since_boot() const = 0;
};

/// Microseconds since the Unix epoch: how an Instant is stored (BIGINT).
constexpr std::int64_t to_micros(Instant instant)
{
    return instant.time_since_epoch().count();
}
constexpr Instant from_micros(std::int64_t micros)
{
    return Instant{std::chrono::microseconds{micros}};
}

} // namespace keystead
