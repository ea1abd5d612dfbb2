// app/jobs.h
//
// Background work: each job has a named thread that calls it at an interval until the server stops.
// The work itself is `Result<void> run_once(Instant now)` somewhere in a feature, which tests call
// without waiting.
#pragma once

#include "app/log.h"
#include "core/clock.h"
#include "core/result.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace keystead::app {

struct Job {
    std::string name; // at most 12 letters: the thread is called "ks-" and this
    std::chrono::milliseconds interval;
    std::function<Result<void>(Instant now)> run_once;
    int nice = 0; // of its thread; more: whoever waits for an answer goes first
};

class JobRunner {
public:
    JobRunner(const Clock& clock, Log& log) : clock_(clock), log_(log) {}
    ~JobRunner() { stop(); }
    JobRunner(const JobRunner&) = delete;
    JobRunner& operator=(const JobRunner&) = delete;

    /// Starts a thread a job, which runs it at once and then at its interval. Called once, before
    /// anybody can wake() one.
    void start(std::vector<Job> jobs);
    /// Lets a job run soon instead of at its interval. Any thread; an unknown name is ignored.
    void wake(std::string_view name);
    /// Ends all jobs: each finishes the run it is in.
    void stop();

private:
    struct Running {
        Job job;
        bool woken = false;
        std::mutex mutex; // guards `woken`
        std::condition_variable_any changed;
        std::jthread thread;
    };
    void run(Running& running, const std::stop_token& stop);

    const Clock& clock_;
    Log& log_;
    std::vector<std::unique_ptr<Running>> jobs_;
};

} // namespace keystead::app
