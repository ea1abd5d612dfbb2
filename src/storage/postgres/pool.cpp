#include "storage/postgres/pool.h"

namespace keystead::storage {

Result<Pool::Lease> Pool::take()
{
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [&] { return !idle_.empty() || unopened_ > 0; });
    if (!idle_.empty()) {
        Lease lease(*this, std::move(idle_.back()));
        idle_.pop_back();
        return lease;
    }
    --unopened_;
    lock.unlock();
    auto opened = PgConnection::open(target_);
    if (!opened) {
        give_back(nullptr);
        return std::move(opened).error();
    }
    return Lease(*this, *std::move(opened));
}

void Pool::give_back(std::unique_ptr<PgConnection> connection)
{
    if (connection && !connection->is_usable()) {
        connection.reset(); // Outside the lock: closing talks to the server.
    }
    const std::lock_guard lock(mutex_);
    if (connection) {
        idle_.push_back(std::move(connection));
    } else {
        ++unopened_;
    }
    freed_.notify_one();
}

void Pool::drop_idle()
{
    std::vector<std::unique_ptr<PgConnection>> dropped; // closed at the end, after the lock
    const std::lock_guard lock(mutex_);
    dropped.swap(idle_);
    unopened_ += static_cast<std::uint32_t>(dropped.size());
    freed_.notify_all();
}

} // namespace keystead::storage
