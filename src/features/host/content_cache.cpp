#include "features/host/content_cache.h"

#include <utility>

namespace keystead::host {

std::shared_ptr<const Content> ContentCache::find(AccountId account, HostId host, Instant now)
{
    const std::lock_guard lock(mutex_);
    const auto hosts = by_account_.find(account);
    if (hosts == by_account_.end()) {
        return nullptr;
    }
    const auto found = hosts->second.find(host);
    if (found == hosts->second.end() ||
        (found->second->valid_until && *found->second->valid_until <= now)) {
        return nullptr;
    }
    return found->second;
}

std::uint64_t ContentCache::epoch()
{
    const std::lock_guard lock(mutex_);
    return epoch_;
}

void ContentCache::insert(AccountId account, HostId host, std::shared_ptr<const Content> content,
                          [[maybe_unused]] std::uint64_t read_at)
{
    const std::lock_guard lock(mutex_);
#ifndef KEYSTEAD_WITHOUT_HOST_CACHE_EPOCH
    if (epoch_ != read_at) {
        return;
    }
#endif
    if (bytes_ + content->text.size() > bytes_max_) { // Rare: they are read again as they ask.
        by_account_.clear();
        bytes_ = 0;
    }
    auto& place = by_account_[account][host];
    bytes_ += content->text.size();
    bytes_ -= place ? place->text.size() : 0;
    place = std::move(content);
}

void ContentCache::forget(AccountId account)
{
    const std::lock_guard lock(mutex_);
    ++epoch_;
    const auto hosts = by_account_.find(account);
    if (hosts == by_account_.end()) {
        return;
    }
    for (const auto& [host, content] : hosts->second) {
        bytes_ -= content->text.size();
    }
    by_account_.erase(hosts);
}

void ContentCache::clear()
{
    const std::lock_guard lock(mutex_);
    ++epoch_;
    by_account_.clear();
    bytes_ = 0;
}

} // namespace keystead::host
