// agent/board.h
//
// What the two threads of `run` tell each other: the desk (who asks by the socket) and the follower
// (who asks Keystead). A question counts as answered afresh only by an answer that was asked for
// after it.
#pragma once

#include "agent/descriptor.h"
#include "agent/sessions.h"
#include "agent/state.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace keystead::agent {

class Board {
public:
    Board();

    // The desk:
    /// The number of a question whose answer shall be newer than now.
    std::uint64_t ask();
    void tell(SessionEvent event);
    void stop();
    struct Standing {
        std::uint64_t answered = 0;       // the newest question that was settled, …
        bool is_fresh = false;            // … and whether Keystead answered it
        std::shared_ptr<const Kept> kept; // null: nobody may log in
    };
    Standing standing() const;
    /// Readable when the standing has changed; `hush` before looking.
    int bell() const { return bell_.number(); }
    void hush() const;

    // The follower:
    struct Work {
        std::uint64_t asked = 0;
        std::vector<SessionEvent> events;
        bool is_over = false;
    };
    /// Returns at `until`, or before when there is something to do, but never before `earliest`.
    Work wait(std::chrono::steady_clock::time_point earliest,
              std::chrono::steady_clock::time_point until);
    void settle(std::uint64_t asked, bool is_fresh, std::shared_ptr<const Kept> kept);

private:
    Descriptor bell_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t asked_ = 0;
    Standing standing_;
    std::vector<SessionEvent> events_;
    bool is_over_ = false;
};

} // namespace keystead::agent
