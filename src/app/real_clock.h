// app/real_clock.h
//
// The machine's clock. Built once, handed to everything that asks for time.
#pragma once

#include "core/clock.h"

namespace keystead::app {

class RealClock final : public Clock {
public:
    Instant now() const override;
    std::chrono::microseconds since_boot() const override;
};

} // namespace keystead::app
