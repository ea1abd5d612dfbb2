// features/host/login_meter.h
//
// How many logins a server may report: whoever rents one is root there and can tell of as many as
// they like, and each becomes a record that is never deleted. By GCRA (ITU-T I.371), on ten
// minutes' worth, so that a script which logs in a hundred times is not held up. Safe from any
// thread.
#pragma once

#include "core/clock.h"
#include "core/id.h"

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace keystead::host {

class LoginMeter {
public:
    static constexpr std::chrono::seconds kEach{2}; // takes up that much: 30 a minute
    static constexpr std::chrono::minutes kWindow{10};

    explicit LoginMeter(const Clock& clock) : clock_(clock) {}
    /// Nothing when so many may be recorded, which is charged; else after how long they may be.
    std::optional<std::chrono::seconds> charge(HostId host, std::size_t logins);

private:
    static constexpr std::size_t kRememberedMax = 10'000; // before what is idle is forgotten

    const Clock& clock_;
    std::mutex mutex_;                                              // guards what follows
    std::unordered_map<HostId, std::chrono::microseconds> idle_at_; // since boot
};

} // namespace keystead::host
