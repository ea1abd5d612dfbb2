// storage/postgres/node_lock.h
//
// One database serves one node: a session-level advisory lock on a connection of its own, one lock
// a schema. It is gone with the connection, perhaps unnoticed for a while; so each node also begins
// a term, a random number in the table node. A node that gets its lock back in the same term has
// missed nothing. In another's term its caches may hold what has been revoked: it never serves
// again, and has to be started anew. What is answered from memory is trusted for kTrust after the
// lock was last seen held, no longer: a node that is cut off does not notice.
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/target.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>

namespace keystead::storage {

class NodeLock {
public:
    static constexpr std::chrono::seconds kTrust{5};

    NodeLock(Target target, const Clock& clock) : target_(std::move(target)), clock_(clock) {}

    /// Errors: storage/locked, with who holds it; those of PgConnection::open.
    Result<void> acquire();
    /// Gives it back at once; a closed connection's is gone only when the server has noticed.
    Result<void> release();
    /// After the migrations, which make the table.
    Result<void> begin_term(Instant now);
    /// Asks the server over the lock's own connection; takes the lock again if that is lost.
    /// Errors: storage/lock-lost.
    Result<void> verify();
    /// As last found out. Any thread, at no cost.
    bool is_held() const { return held_; }
    /// Whether it was held less than kTrust ago. Any thread, for the price of a clock.
    bool is_surely_held() const { return held_ && clock_.since_boot().count() < trusted_until_us_; }

private:
    Result<void> take(PgConnection& connection);
    void trust(std::chrono::microseconds asked_at);
    Result<void> take_again();

    const Target target_;
    const Clock& clock_;
    std::atomic<bool> held_{false};
    std::atomic<std::int64_t> trusted_until_us_{0}; // since boot
    std::mutex mutex_;                              // guards what follows
    std::unique_ptr<PgConnection> connection_;
    std::int64_t term_ = 0;
};

} // namespace keystead::storage
