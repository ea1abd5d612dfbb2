#include "agent/name_lookup.h"

#include "agent/wait.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <type_traits>

#include <ares.h>
#include <poll.h>

namespace keystead::agent {
namespace {

constexpr std::size_t kAddressesMax = 8;

Error unreachable(const std::string& host, const char* why)
{
    return {ErrorKind::Unavailable, "agent/unreachable", host + ": " + why};
}

struct Lookup {
    bool is_done = false;
    int status = ARES_ENOTFOUND;
    std::vector<SocketAddress> found;
};

void take_answer(void* argument, int status, int, ares_addrinfo* answer)
{
    auto& lookup = *static_cast<Lookup*>(argument);
    lookup.is_done = true;
    lookup.status = status;
    for (const auto* node = answer == nullptr ? nullptr : answer->nodes; node != nullptr;
         node = node->ai_next) {
        SocketAddress one;
        if (node->ai_addrlen > sizeof one.address || lookup.found.size() == kAddressesMax) {
            continue;
        }
        std::memcpy(&one.address, node->ai_addr, node->ai_addrlen);
        one.size = node->ai_addrlen;
        lookup.found.push_back(one);
    }
    ares_freeaddrinfo(answer);
}

/// Waits until a socket of the resolver has something, or a moment has passed, and lets it work.
void step(ares_channel channel, std::chrono::steady_clock::time_point deadline)
{
    std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
    const auto wanted =
        static_cast<unsigned>(ares_getsock(channel, sockets.data(), ARES_GETSOCK_MAXNUM));
    std::vector<pollfd> polled;
    for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
        const bool reads = ARES_GETSOCK_READABLE(wanted, i) != 0;
        const bool writes = ARES_GETSOCK_WRITABLE(wanted, i) != 0;
        if (reads || writes) {
            const int events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0);
            polled.push_back({sockets[i], static_cast<short>(events), 0});
        }
    }
    // Its own timeouts are to be seen, too.
    constexpr int kStepMillisecondsMax = 100;
    const int wait = std::min(milliseconds_left(deadline), kStepMillisecondsMax);
    if (::poll(polled.data(), polled.size(), wait) <= 0) {
        ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        return;
    }
    for (const pollfd& one : polled) {
        const bool failed = (one.revents & (POLLERR | POLLHUP)) != 0;
        const bool reads = (one.revents & POLLIN) != 0 || failed;
        const bool writes = (one.revents & POLLOUT) != 0;
        ares_process_fd(channel, reads ? one.fd : ARES_SOCKET_BAD,
                        writes ? one.fd : ARES_SOCKET_BAD);
    }
}

} // namespace

Result<std::vector<SocketAddress>> look_up(const std::string& host, std::uint16_t port,
                                           std::chrono::steady_clock::time_point deadline)
{
    ares_options options{};
    options.timeout = 1000; // milliseconds a server and try
    options.tries = 2;
    ares_channel channel = nullptr;
    if (ares_init_options(&channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) !=
        ARES_SUCCESS) {
        return unreachable(host, "the resolver does not start");
    }
    const auto end = [](ares_channel open_one) { ares_destroy(open_one); };
    Lookup lookup; // Outlives the channel, whose end may still call back.
    const std::unique_ptr<std::remove_pointer_t<ares_channel>, decltype(end)> owned(channel, end);
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = ARES_AI_NUMERICSERV;
    ares_getaddrinfo(channel, host.c_str(), std::to_string(port).c_str(), &hints, take_answer,
                     &lookup);
    while (!lookup.is_done && milliseconds_left(deadline) > 0) {
        step(channel, deadline);
    }
    if (lookup.found.empty()) {
        return unreachable(host, lookup.is_done ? ares_strerror(lookup.status)
                                                : "the name is not found in time");
    }
    return std::move(lookup.found);
}

} // namespace keystead::agent
