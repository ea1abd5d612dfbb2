// http/metrics.h
//
// Counters of the server and gauges that features register, written out as OpenMetrics text.
// Counting is an addition to a relaxed atomic of the thread's own slot; only scraping adds up.
// Labels are few and fixed: never an account.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::http {

/// Upper bounds of the latency histogram, in microseconds; the last bucket has none.
inline constexpr std::array<std::int64_t, 12> kLatencyBoundsMicros{
    100, 250, 500, 1'000, 2'500, 5'000, 10'000, 50'000, 100'000, 500'000, 1'000'000, 5'000'000};

/// What one event loop counts. Written by its loop, read by whoever scrapes.
struct alignas(64) LoopCounters {
    std::array<std::atomic<std::uint64_t>, 6> requests_by_class{}; // index: status / 100
    std::array<std::atomic<std::uint64_t>, kLatencyBoundsMicros.size() + 1> latency{};
    std::atomic<std::uint64_t> latency_sum_micros{0};
    std::atomic<std::uint64_t> connections_accepted{0};
    std::atomic<std::uint64_t> connections_refused{0}; // over a cap
    std::atomic<std::uint64_t> connections_cut{0};     // too slow
    std::atomic<std::uint64_t> heads_refused{0};
    std::atomic<std::int64_t> connections_open{0};

    void count_request(int status, std::chrono::microseconds latency_of_it);
};

class Metrics {
public:
    /// A gauge or counter of a feature; `read` is called at every scrape, from any thread, and must
    /// not block. Names as OpenMetrics has them ("keystead_outbox_waiting"); a counter's name ends
    /// in "_total".
    void add_gauge(std::string name, std::string help, std::function<double()> read);
    void add_counter(std::string name, std::string help, std::function<double()> read);
    /// Slots for `count` loops; called once before the loops start.
    void prepare_loops(std::size_t count);
    LoopCounters& loop(std::size_t index) { return *loops_.at(index); }
    /// The whole exposition, ending in "# EOF".
    std::string text() const;

private:
    struct Source {
        std::string name;
        std::string help;
        bool is_counter;
        std::function<double()> read;
    };
    void append_server_metrics(std::string& out) const;
    mutable std::mutex mutex_; // guards sources_
    std::vector<Source> sources_;
    std::vector<std::unique_ptr<LoopCounters>> loops_;
};

} // namespace keystead::http
