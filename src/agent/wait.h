// agent/wait.h
//
// Waiting with an end.
#pragma once

#include <algorithm>
#include <cerrno>
#include <chrono>

#include <poll.h>

namespace keystead::agent {

/// For poll(2): 0 when the moment has passed.
inline int milliseconds_left(std::chrono::steady_clock::time_point deadline)
{
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<long>(static_cast<long>(left.count()), 0, 60'000));
}

/// Whether the socket is ready for `events` in time.
inline bool wait_for(int socket_number, short events,
                     std::chrono::steady_clock::time_point deadline)
{
    pollfd polled{socket_number, events, 0};
    int ready = 0;
    do {
        ready = ::poll(&polled, 1, milliseconds_left(deadline));
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

} // namespace keystead::agent
