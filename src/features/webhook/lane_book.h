// features/webhook/lane_book.h
//
// Whose turn it is. Every endpoint is a lane of its own: so many calls at a time, one after the
// other with all lanes that have something to send, and a pause after each failure. Lanes that
// failed or were slow are served by half of the workers only, so that however many receivers hang,
// the others are not kept waiting. In memory alone: what is lost with the process is found again in
// the database. Any thread; no I/O.
#pragma once

#include "core/clock.h"
#include "features/webhook/webhook.h"

#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace keystead::webhook {

enum class WorkerKind : std::uint8_t { AnyLane, GoodLanesOnly };

class LaneBook {
public:
    /// Something waits for that endpoint. At most `parallel` calls to it at a time while it is
    /// good.
    void offer(EndpointId endpoint, std::uint32_t parallel);
    /// As offer(), and its pause is over: somebody waits before a screen.
    void offer_now(EndpointId endpoint, std::uint32_t parallel);

    struct Turn {
        EndpointId endpoint;
        bool is_good = true; // else: one call, then the next lane
    };
    /// The lane that waited longest and may be served by that worker. Each turn is given back by
    /// end().
    std::optional<Turn> take(WorkerKind worker, Instant now);

    struct Ended {
        bool more = false; // more is due
        bool failed = false;
        std::chrono::milliseconds slowest{0};
        std::chrono::seconds wait_at_least{0}; // the receiver's wish
    };
    void end(EndpointId endpoint, const Ended& ended, Instant now);
    /// The endpoint is no more.
    void forget(EndpointId endpoint);
    /// They were measured by a clock that was set back.
    void end_pauses();
    bool is_paused(EndpointId endpoint, Instant now) const;

    static constexpr std::chrono::milliseconds kSlow{1000};
    /// After the n-th failure in a row (from 1).
    static std::chrono::seconds pause_after(std::uint32_t failures);

private:
    struct Lane {
        std::uint32_t parallel = 1;
        std::uint32_t in_flight = 0;
        std::uint32_t failures = 0;
        bool slow = false;
        bool queued = false;
        bool offered = false; // since the last turn was taken
        Instant paused_until{};
        bool is_good() const { return failures == 0 && !slow; }
    };
    void queue(EndpointId endpoint, Lane& lane);
    void unqueue(EndpointId endpoint, Lane& lane);

    mutable std::mutex mutex_; // guards what follows
    std::unordered_map<EndpointId, Lane> lanes_;
    std::list<EndpointId> waiting_; // longest first
};

} // namespace keystead::webhook
