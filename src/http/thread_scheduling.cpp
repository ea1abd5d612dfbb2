#include "http/thread_scheduling.h"

#include <cstdint>

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace keystead::http {

void be_nice(int nice)
{
    if (nice != 0) { // On Linux a thread has a nice value of its own, set by thread id.
        setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), nice);
    }
}

void be_prompt()
{
    // struct sched_attr of sched_setattr(2), for which glibc has no declaration. The scheduler
    // (EEVDF) lets a thread that wakes go before a running one with a longer slice; 0.1 ms is the
    // shortest that it accepts.
    struct {
        std::uint32_t size = 48;
        std::uint32_t policy = SCHED_OTHER;
        std::uint64_t flags = 0;
        std::int32_t nice = 0;
        std::uint32_t priority = 0;
        std::uint64_t slice_ns = 100'000; // sched_runtime
        std::uint64_t deadline_ns = 0;
        std::uint64_t period_ns = 0;
    } attributes;
    attributes.nice = getpriority(PRIO_PROCESS, 0); // of the whole, as it was started
    syscall(SYS_sched_setattr, 0, &attributes, 0);
}

} // namespace keystead::http
