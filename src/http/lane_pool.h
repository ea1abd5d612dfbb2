// http/lane_pool.h
//
// A lane: a few threads and a bounded queue in front of them. A job that is in the queue is run,
// whether or not the client that asked for it is still there: a client that hangs up frees no
// place.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace keystead::http {

/// Where a job waits. A reserved place is somebody's, and nobody waits in more than a few of them:
/// who knows how to ask for one could otherwise take them all.
struct Place {
    static constexpr std::size_t kEachMax = 2;
    std::uint64_t reserved_for = 0; // 0: an open place
    bool is_open() const { return reserved_for == 0; }
};

struct LaneOptions {
    std::string thread_name; // "ks-store"; a number is put behind it
    std::uint32_t threads = 1;
    std::size_t queue_max = 64;
    std::size_t reserved = 0; // places of queue_max that only jobs with a reserved place get
    int nice = 0;
};

class LanePool {
public:
    using Job = std::move_only_function<void()>;
    explicit LanePool(LaneOptions options);
    ~LanePool(); // Jobs that have begun end; waiting ones are dropped.
    LanePool(const LanePool&) = delete;
    LanePool& operator=(const LanePool&) = delete;

    /// False when there is no place left; the job has then not been moved from.
    bool try_submit(Job& job, Place place);
    std::size_t waiting() const;
    std::uint64_t refused() const;

private:
    struct Waiting {
        Job job;
        Place place;
    };
    void run(std::stop_token stop, std::uint32_t index);

    LaneOptions options_;
    mutable std::mutex mutex_; // guards the four below
    std::condition_variable_any wake_;
    std::deque<Waiting> queue_;
    std::size_t open_waiting_ = 0; // of queue_, with an open place
    std::uint64_t refused_ = 0;
    std::vector<std::jthread> threads_;
};

} // namespace keystead::http
