#include "agent/surroundings.h"

#include "agent/descriptor.h"
#include "core/result.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

namespace keystead::agent {

Instant SystemClock::now() const
{
    return std::chrono::floor<Instant::duration>(std::chrono::system_clock::now());
}

std::chrono::microseconds SystemClock::since_boot() const
{
    timespec time{};
    KS_ASSERT(::clock_gettime(CLOCK_BOOTTIME, &time) == 0);
    return std::chrono::seconds(time.tv_sec) +
           std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::nanoseconds(time.tv_nsec));
}

void KernelRandom::fill(std::span<std::byte> out)
{
    while (!out.empty()) {
        const ssize_t got = ::getrandom(out.data(), out.size(), 0);
        KS_ASSERT(got > 0 || errno == EINTR);
        out = out.subspan(got > 0 ? static_cast<std::size_t>(got) : 0);
    }
}

std::string boot_id()
{
    const Descriptor file(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
    std::array<char, 64> text{};
    const ssize_t size = file.is_open() ? ::read(file.number(), text.data(), text.size()) : 0;
    std::string id(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    while (id.ends_with('\n')) {
        id.pop_back();
    }
    return id;
}

void log_line(const std::string& text)
{
    const std::string line = "keystead-sshd: " + text + "\n";
    (void)!::write(STDERR_FILENO, line.data(), line.size());
}

} // namespace keystead::agent
