// storage/postgres/pool.h
//
// At most so many connections, opened when first needed, each lent to one thread at a time.
#pragma once

#include "core/result.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/target.h"

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace keystead::storage {

class Pool {
public:
    Pool(Target target, std::uint32_t connections_max)
        : target_(std::move(target)), unopened_(connections_max)
    {
    }

    /// A connection until the end of scope. One that is broken or still in a transaction is closed
    /// then.
    class Lease {
    public:
        Lease(Pool& pool, std::unique_ptr<PgConnection> connection)
            : pool_(&pool), connection_(std::move(connection))
        {
        }
        Lease(Lease&& other) noexcept = default;
        Lease& operator=(Lease&&) = delete;
        ~Lease()
        {
            if (connection_) {
                pool_->give_back(std::move(connection_));
            }
        }
        PgConnection& operator*() const { return *connection_; }

    private:
        Pool* pool_;
        std::unique_ptr<PgConnection> connection_;
    };

    /// Waits while all are lent. Errors: those of PgConnection::open.
    Result<Lease> take();
    /// Closes those that nobody uses: after a restart of the server they are all dead.
    void drop_idle();
    const Target& target() const { return target_; }

private:
    void give_back(std::unique_ptr<PgConnection> connection);

    const Target target_;
    std::mutex mutex_; // guards what follows
    std::condition_variable freed_;
    std::vector<std::unique_ptr<PgConnection>> idle_;
    std::uint32_t unopened_;
};

} // namespace keystead::storage
