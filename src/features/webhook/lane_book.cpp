#include "features/webhook/lane_book.h"

#include <algorithm>

namespace keystead::webhook {

std::chrono::seconds LaneBook::pause_after(std::uint32_t failures)
{
    constexpr std::chrono::seconds kFirst{5};
    constexpr std::chrono::seconds kMost = std::chrono::minutes{5};
    return std::min(kMost, kFirst * (1U << std::min(failures - 1, 10U)));
}

void LaneBook::queue(EndpointId endpoint, Lane& lane)
{
    if (!lane.queued) {
        lane.queued = true;
        waiting_.push_back(endpoint);
    }
}

void LaneBook::unqueue(EndpointId endpoint, Lane& lane)
{
    if (lane.queued) {
        lane.queued = false;
        waiting_.remove(endpoint);
    }
}

void LaneBook::offer(EndpointId endpoint, std::uint32_t parallel)
{
    const std::lock_guard lock(mutex_);
    Lane& lane = lanes_[endpoint];
    lane.parallel = parallel;
    lane.offered = true;
    queue(endpoint, lane);
}

void LaneBook::offer_now(EndpointId endpoint, std::uint32_t parallel)
{
    offer(endpoint, parallel);
    const std::lock_guard lock(mutex_);
    lanes_[endpoint].paused_until = {};
}

std::optional<LaneBook::Turn> LaneBook::take(WorkerKind worker, Instant now)
{
    const std::lock_guard lock(mutex_);
    for (auto at = waiting_.begin(); at != waiting_.end();) {
        const EndpointId endpoint = *at;
        Lane& lane = lanes_[endpoint];
        if (lane.paused_until > now) { // Whoever looks for due deliveries offers it again.
            lane.queued = false;
            at = waiting_.erase(at);
            continue;
        }
        const bool is_free = lane.in_flight < (lane.is_good() ? lane.parallel : 1);
        if (is_free && (lane.is_good() || worker == WorkerKind::AnyLane)) {
            waiting_.splice(waiting_.end(), waiting_, at);
            ++lane.in_flight;
            lane.offered = false;
            return Turn{endpoint, lane.is_good()};
        }
        ++at;
    }
    return std::nullopt;
}

void LaneBook::end(EndpointId endpoint, const Ended& ended, Instant now)
{
    const std::lock_guard lock(mutex_);
    const auto found = lanes_.find(endpoint);
    if (found == lanes_.end()) {
        return;
    }
    Lane& lane = found->second;
    --lane.in_flight;
    lane.slow = ended.slowest >= kSlow;
    if (ended.failed) {
        ++lane.failures;
        lane.paused_until = now + std::max(pause_after(lane.failures), ended.wait_at_least);
    } else {
        lane.failures = 0;
    }
    if (ended.failed || (!ended.more && !lane.offered)) {
        unqueue(endpoint, lane);
    }
    if (!lane.queued && lane.in_flight == 0 && lane.is_good()) {
        lanes_.erase(found); // Nothing worth remembering.
    }
}

void LaneBook::forget(EndpointId endpoint)
{
    const std::lock_guard lock(mutex_);
    const auto found = lanes_.find(endpoint);
    if (found != lanes_.end()) {
        unqueue(endpoint, found->second);
        found->second.failures = 0;
        found->second.slow = false;
        found->second.paused_until = {};
        if (found->second.in_flight == 0) {
            lanes_.erase(found);
        }
    }
}

void LaneBook::end_pauses()
{
    const std::lock_guard lock(mutex_);
    for (auto& [endpoint, lane] : lanes_) {
        lane.paused_until = {};
    }
}

bool LaneBook::is_paused(EndpointId endpoint, Instant now) const
{
    const std::lock_guard lock(mutex_);
    const auto found = lanes_.find(endpoint);
    return found != lanes_.end() && found->second.paused_until > now;
}

} // namespace keystead::webhook
