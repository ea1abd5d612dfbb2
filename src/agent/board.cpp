#include "agent/board.h"

#include <utility>

#include <sys/eventfd.h>

namespace keystead::agent {

Board::Board() : bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
    KS_ASSERT(bell_.is_open());
}

std::uint64_t Board::ask()
{
    const std::scoped_lock lock(mutex_);
    changed_.notify_one();
    return ++asked_;
}

void Board::tell(SessionEvent event)
{
    const std::scoped_lock lock(mutex_);
    if (events_.size() < kSessionsMax) {
        events_.push_back(std::move(event));
    }
    changed_.notify_one();
}

void Board::stop()
{
    const std::scoped_lock lock(mutex_);
    is_over_ = true;
    changed_.notify_one();
}

Board::Standing Board::standing() const
{
    const std::scoped_lock lock(mutex_);
    return standing_;
}

void Board::hush() const
{
    std::uint64_t rung = 0;
    (void)!::read(bell_.number(), &rung, sizeof rung);
}

Board::Work Board::wait(std::chrono::steady_clock::time_point earliest,
                        std::chrono::steady_clock::time_point until)
{
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, earliest, [this] { return is_over_; });
    changed_.wait_until(lock, until, [this] {
        return is_over_ || asked_ > standing_.answered || !events_.empty();
    });
    return {asked_, std::exchange(events_, {}), is_over_};
}

void Board::settle(std::uint64_t asked, bool is_fresh, std::shared_ptr<const Kept> kept)
{
    {
        const std::scoped_lock lock(mutex_);
        standing_ = {asked, is_fresh, std::move(kept)};
    }
    const std::uint64_t one = 1;
    (void)!::write(bell_.number(), &one, sizeof one);
}

} // namespace keystead::agent
