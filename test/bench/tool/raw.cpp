// The yardsticks that have no server: libsodium's Argon2id on so many threads, and fdatasync of
// blocks of one page, over and over the same file, as a write-ahead log is written.
#include "test/bench/tool/commands.h"

#include <sodium.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace keystead::bench {
namespace {

using Steady = std::chrono::steady_clock;

double cpu_seconds()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

} // namespace

int hash(const Arguments& arguments)
{
    if (sodium_init() < 0) { // Chooses the code that this processor runs fastest.
        return 1;
    }
    const auto threads = arguments.number("--threads");
    const auto passes = arguments.number("--passes");
    const auto memory = arguments.number("--memory-kib") * 1024;
    const auto begin = Steady::now();
    const auto end = begin + std::chrono::seconds(arguments.number("--seconds"));
    std::atomic<std::uint64_t> count{0};
    {
        std::vector<std::jthread> workers;
        for (std::uint64_t i = 0; i < threads; ++i) {
            workers.emplace_back([&] {
                const unsigned char salt[crypto_pwhash_SALTBYTES] = {1, 2, 3};
                const std::string password = "Larch-Quay-73-Ember";
                unsigned char out[32];
                while (Steady::now() < end) {
                    if (crypto_pwhash(out, sizeof out, password.data(), password.size(), salt,
                                      passes, memory, crypto_pwhash_ALG_ARGON2ID13) != 0) {
                        std::abort();
                    }
                    ++count;
                }
            });
        }
    }
    const double elapsed = std::chrono::duration<double>(Steady::now() - begin).count();
    std::printf("{\"count\":%llu,\"seconds\":%.6f,\"cpu_seconds\":%.6f}\n",
                static_cast<unsigned long long>(count), elapsed, cpu_seconds());
    return 0;
}

int sync_rate(const Arguments& arguments)
{
    constexpr std::size_t kPage = 4096;
    constexpr std::uint64_t kPages = 1024;
    const std::string path = arguments.text("--folder") + "/sync.probe";
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const std::vector<char> page(kPage, 'x');
    for (std::uint64_t i = 0; i < kPages; ++i) {
        if (::pwrite(file, page.data(), kPage, static_cast<off_t>(i * kPage)) < 0) {
            return 1;
        }
    }
    ::fsync(file);
    std::uint64_t count = 0;
    const auto begin = Steady::now();
    const auto end = begin + std::chrono::seconds(arguments.number("--seconds"));
    while (Steady::now() < end) {
        if (::pwrite(file, page.data(), kPage, static_cast<off_t>(count % kPages * kPage)) < 0 ||
            ::fdatasync(file) != 0) {
            return 1;
        }
        ++count;
    }
    const double elapsed = std::chrono::duration<double>(Steady::now() - begin).count();
    ::close(file);
    ::unlink(path.c_str());
    std::printf("{\"count\":%llu,\"seconds\":%.6f}\n", static_cast<unsigned long long>(count),
                elapsed);
    return 0;
}

} // namespace keystead::bench
