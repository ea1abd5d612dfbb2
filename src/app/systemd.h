// app/systemd.h
//
// The three things that a systemd service says to its manager (sd_notify(3)), without libsystemd:
// ready, stopping, alive.
#pragma once

#include "app/settings_loader.h"

#include <chrono>
#include <string>
#include <string_view>

namespace keystead::app {

class ServiceManager {
public:
    /// Reads NOTIFY_SOCKET and WATCHDOG_USEC; says nothing to anybody when there is no manager.
    explicit ServiceManager(const Environment& environment);
    /// "READY=1", "STOPPING=1", "WATCHDOG=1", "RELOADING=1". Never fails: nobody may be listening.
    void tell(std::string_view state) const;
    /// How often to say "WATCHDOG=1"; zero: not asked for.
    std::chrono::microseconds watchdog_interval() const { return watchdog_interval_; }

private:
    std::string socket_path_;
    std::chrono::microseconds watchdog_interval_{0};
};

/// The variable's value, or empty.
std::string_view environment_value(const Environment& environment, std::string_view name);

} // namespace keystead::app
