// http/lane_pool.cpp
#include "http/lane_pool.h"

#include "http/thread_name.h"
#include "http/thread_scheduling.h"

#include <algorithm>
#include <utility>

namespace keystead::http {
LanePool::LanePool(LaneOptions options) : options_(std::move(options))
{
    threads_.reserve(options_.threads);
    for (std::uint32_t index = 0; index < options_.threads; ++index) {
        threads_.emplace_back([this, index](std::stop_token stop) { run(std::move(stop), index); });
    }
}

LanePool::~LanePool()
{
    for (auto& thread : threads_) {
        thread.request_stop();
    }
    threads_.clear(); // joins
}

bool LanePool::try_submit(Job& job, Place place)
{
    {
        const std::scoped_lock lock(mutex_);
        const bool full = queue_.size() >= options_.queue_max;
        const bool open_full = open_waiting_ >= options_.queue_max - options_.reserved;
        const auto is_theirs = [&](const Waiting& waiting) {
            return waiting.place.reserved_for == place.reserved_for;
        };
        if (!place.is_open() &&
            static_cast<std::size_t>(std::ranges::count_if(queue_, is_theirs)) >= Place::kEachMax) {
            place = {}; // Like anybody's.
        }
        if (full || (place.is_open() && open_full)) {
            ++refused_;
            return false;
        }
        queue_.push_back({std::move(job), place});
        if (place.is_open()) {
            ++open_waiting_;
        }
    }
    wake_.notify_one();
    return true;
}

std::size_t LanePool::waiting() const
{
    const std::scoped_lock lock(mutex_);
    return queue_.size();
}

std::uint64_t LanePool::refused() const
{
    const std::scoped_lock lock(mutex_);
    return refused_;
}

void LanePool::run(std::stop_token stop, std::uint32_t index)
{
    name_this_thread(options_.thread_name + '-' + std::to_string(index));
    be_nice(options_.nice);
    while (true) {
        std::unique_lock lock(mutex_);
        if (!wake_.wait(lock, stop, [this] { return !queue_.empty(); }) || stop.stop_requested()) {
            return;
        }
        Waiting next = std::move(queue_.front());
        queue_.pop_front();
        if (next.place.is_open()) {
            --open_waiting_;
        }
        lock.unlock();
        next.job();
    }
}

} // namespace keystead::http
