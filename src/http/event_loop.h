// http/event_loop.h
//
// One event loop: its listeners, its connections and the coarse timer that cuts slow ones.
// Everything of Asio is behind it.
#pragma once

#include "core/result.h"
#include "http/conversation.h"
#include "http/lane_pool.h"
#include "http/site.h"
#include "http/tls.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace keystead::http {

/// How many connections there may be, in all and from one source. Shared by all loops.
class ConnectionCaps {
public:
    ConnectionCaps(std::uint32_t total_max, std::uint32_t source_max)
        : total_max_(total_max), source_max_(source_max)
    {
    }
    enum class Counting : std::uint8_t { BySource, InAllOnly }; // a trusted proxy speaks for many
    bool try_enter(const IpAddress& peer, Counting counting);
    void leave(const IpAddress& peer, Counting counting);
    /// Waits until there are none; false when `timeout` passed first.
    bool wait_until_none(std::chrono::milliseconds timeout);

private:
    const std::uint32_t total_max_;
    const std::uint32_t source_max_;
    std::mutex mutex_; // guards the two below
    std::uint32_t total_ = 0;
    std::map<IpAddress, std::uint32_t> by_source_;
    std::condition_variable none_;
};

struct Lanes {
    LanePool& store;
    LanePool& credential;
    LanePool& slow;
    LanePool& of(LaneKind kind) const;
};

/// What loops share; outlives them.
struct LoopParts {
    Site& site;
    Lanes lanes;
    ConnectionCaps& caps;
    TlsStore* tls; // null: clear text
};

class EventLoop {
public:
    EventLoop(const LoopParts& parts, LoopCounters& counters);
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    /// Whether nobody listens there: with SO_REUSEPORT a second process would share the port
    /// unnoticed. Errors: server/bind, server/bad-address.
    static Result<void> check_port_is_free(const std::string& address, std::uint16_t port);
    /// Binds with SO_REUSEPORT and returns the port, chosen by the system when `port` is 0. Before
    /// run() only. Errors: server/bind, server/bad-address.
    Result<std::uint16_t> listen(const std::string& address, std::uint16_t port, Surface surface);
    /// Serves until stop(). Once, on the loop's thread.
    void run();
    /// Stops accepting and closes idle connections; any thread.
    void drain();
    void stop();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace keystead::http
