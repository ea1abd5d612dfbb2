#include "features/host/login_meter.h"

#include <algorithm>

namespace keystead::host {

std::optional<std::chrono::seconds> LoginMeter::charge(HostId host, std::size_t logins)
{
    if (logins == 0) {
        return std::nullopt;
    }
    const auto now = clock_.since_boot();
    const std::lock_guard lock(mutex_);
    if (idle_at_.size() >= kRememberedMax) {
        std::erase_if(idle_at_, [now](const auto& each) { return each.second <= now; });
    }
    auto& idle_at = idle_at_[host];
    const auto after = std::max(idle_at, now) + kEach * logins;
    if (after - now > kWindow) {
        return std::chrono::ceil<std::chrono::seconds>(after - now - kWindow);
    }
    idle_at = after;
    return std::nullopt;
}

} // namespace keystead::host
