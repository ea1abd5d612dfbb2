// agent/surroundings.h
//
// The real clock and the kernel's randomness, handed to what needs them; and lines for the log.
#pragma once

#include "core/clock.h"
#include "core/random.h"

#include <string>

namespace keystead::agent {

struct SystemClock final : Clock {
    Instant now() const override;
    std::chrono::microseconds since_boot() const override;
};
struct KernelRandom final : Random {
    void fill(std::span<std::byte> out) override;
};

/// What the kernel calls this boot (random(4)); empty where it does not say.
std::string boot_id();

/// To standard error, which the service manager keeps.
void log_line(const std::string& text);

} // namespace keystead::agent
