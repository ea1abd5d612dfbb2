#include "app/jobs.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace keystead::app {

void JobRunner::start(std::vector<Job> jobs)
{
    KS_ASSERT(jobs_.empty());
    for (auto& job : jobs) { // All are listed before the first runs: one may wake another.
        KS_ASSERT(!job.name.empty() && job.name.size() <= 12); // The kernel cuts names at 15.
        jobs_.emplace_back(std::make_unique<Running>())->job = std::move(job);
    }
    for (const auto& running : jobs_) {
        running->thread = std::jthread(
            [this, job = running.get()](const std::stop_token& stop) { run(*job, stop); });
        pthread_setname_np(running->thread.native_handle(), ("ks-" + running->job.name).c_str());
    }
}

void JobRunner::run(Running& running, const std::stop_token& stop)
{
    if (running.job.nice != 0) { // On Linux a thread has one of its own.
        setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), running.job.nice);
    }
    std::string_view failing_with; // told when it begins, changes or ends, not at every run
    while (!stop.stop_requested()) {
        const auto outcome = running.job.run_once(clock_.now());
        const std::string_view code = outcome ? std::string_view{} : outcome.error().code;
        if (!outcome && code != failing_with) {
            log_.error("job " + running.job.name + " failed", outcome.error());
        } else if (outcome && !failing_with.empty()) {
            log_.write(LogLevel::Info, "job works again", {{"job", running.job.name}});
        }
        failing_with = code;
        std::unique_lock lock(running.mutex);
        running.changed.wait_for(lock, stop, running.job.interval,
                                 [&running] { return running.woken; });
        running.woken = false;
    }
}

void JobRunner::wake(std::string_view name)
{
    for (const auto& running : jobs_) {
        if (running->job.name == name) {
            const std::lock_guard lock(running->mutex);
            running->woken = true;
            running->changed.notify_one();
        }
    }
}

void JobRunner::stop()
{
    for (const auto& running : jobs_) {
        running->thread.request_stop();
    }
    for (const auto& running : jobs_) {
        if (running->thread.joinable()) {
            running->thread
                .join(); // All end before the list goes: one may wake another to the last.
        }
    }
    jobs_.clear();
}

} // namespace keystead::app
