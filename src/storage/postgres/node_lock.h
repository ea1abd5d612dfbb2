// storage/postgres/node_lock.h
//
// One database serves one node: a session-level advisory lock on a connection of its own, one lock
// a schema. It is gone with the connection, perhaps unnoticed for a while; so each node also begins
// a term, a number in the table node. A node that gets its lock back in the same term has missed
// nothing. In another's term its caches may hold what has been revoked: it never serves again, and
// has to be started anew.
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/target.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

namespace keystead::storage {

class NodeLock {
public:
    explicit NodeLock(Target target) : target_(std::move(target)) {}

    /// Errors: storage/locked, with who holds it; those of PgConnection::open.
    Result<void> acquire();
    /// After the migrations, which make the table.
    Result<void> begin_term(Instant now);
    /// Asks the server over the lock's own connection; takes the lock again if that is lost.
    /// Errors: storage/lock-lost.
    Result<void> verify();
    /// As last found out. Any thread, at no cost.
    bool is_held() const { return held_; }

private:
    Result<void> take(PgConnection& connection);
    Result<void> take_again();

    const Target target_;
    std::atomic<bool> held_{false};
    std::mutex mutex_; // guards what follows
    std::unique_ptr<PgConnection> connection_;
    std::int64_t term_ = 0;
};

} // namespace keystead::storage
