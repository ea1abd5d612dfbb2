#include "features/session/session_cache.h"

#include <algorithm>
#include <utility>

namespace keystead::session {

SessionCache::SessionCache(std::size_t entries_max)
    : entries_max_per_shard_(std::max<std::size_t>(entries_max / kShards, 1)),
      shards_(std::make_unique<Shard[]>(kShards))
{
}

void SessionCache::touch(Shard& shard, const Digest& token, Entry& entry, Instant now)
{
    entry.referenced = true;
    if (now <= entry.session.last_active_at) {
        return; // The clock went back: last activity never does.
    }
    entry.session.last_active_at = now;
    if (!entry.dirty) {
        entry.dirty = true;
        shard.dirty.push_back(token);
    }
}

SessionCache::Epoch SessionCache::epoch_of(const Digest& token)
{
    Shard& shard = shard_of(token);
    const std::lock_guard lock(shard.mutex);
    return shard.epoch;
}

void SessionCache::insert(const Digest& token, const CachedSession& session,
                          [[maybe_unused]] Epoch read_at)
{
    Shard& shard = shard_of(token);
    const std::lock_guard lock(shard.mutex);
#ifndef KEYSTEAD_WITHOUT_CACHE_EPOCH
    if (shard.epoch != read_at) {
        return; // Something was revoked since the row was read: perhaps this.
    }
#endif
    if (shard.entries.size() >= entries_max_per_shard_ && !make_room(shard)) {
        return;
    }
    shard.entries.insert_or_assign(token, Entry{.session = session});
}

bool SessionCache::make_room(Shard& shard)
{
    // CLOCK over the buckets: an entry used since the hand last passed is spared once.
    const std::size_t buckets = shard.entries.bucket_count();
    for (std::size_t step = 0; step < 2 * buckets; ++step) {
        const std::size_t bucket = shard.clock_hand++ % buckets;
        for (auto entry = shard.entries.begin(bucket); entry != shard.entries.end(bucket);
             ++entry) {
            if (std::exchange(entry->second.referenced, false)) {
                continue;
            }
            if (entry->second.dirty) {
                shard.evicted.push_back(
                    {entry->second.session.session, entry->second.session.last_active_at});
            }
            const Digest victim = entry->first;
            shard.entries.erase(victim);
            return true;
        }
    }
    return false;
}

void SessionCache::remove(std::span<const Digest> tokens)
{
    for (const Digest& token : tokens) {
        Shard& shard = shard_of(token);
        const std::lock_guard lock(shard.mutex);
        ++shard.epoch;
        shard.entries.erase(token);
    }
}

std::vector<SessionCache::Activity> SessionCache::take_activity()
{
    std::vector<Activity> all;
    for (std::size_t i = 0; i < kShards; ++i) {
        Shard& shard = shards_[i];
        const std::lock_guard lock(shard.mutex);
        all.insert(all.end(), shard.evicted.begin(), shard.evicted.end());
        shard.evicted.clear();
        for (const Digest& token : shard.dirty) {
            const auto found = shard.entries.find(token);
            if (found != shard.entries.end() && std::exchange(found->second.dirty, false)) {
                all.push_back(
                    {found->second.session.session, found->second.session.last_active_at});
            }
        }
        shard.dirty.clear();
    }
    return all;
}

std::size_t SessionCache::size()
{
    std::size_t sum = 0;
    for (std::size_t i = 0; i < kShards; ++i) {
        const std::lock_guard lock(shards_[i].mutex);
        sum += shards_[i].entries.size();
    }
    return sum;
}

} // namespace keystead::session
