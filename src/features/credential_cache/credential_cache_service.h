// features/credential_cache/credential_cache_service.h
//
// Credentials in memory, by the digest of their token, for checks that must not wait for a disk.
// Bounded, sharded, and never wrong about a revocation:
//
//   a miss     reads the shard's epoch, then the row, and inserts only if the epoch is unchanged;
//   a change   commits, raises the epoch, removes, and only then is answered.
//
// So a row read before a revocation cannot be inserted after it. Not here: the database, expiry
// policy, cookies.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace keystead::credential_cache {

using Epoch = std::uint64_t;

/// Whether a row read at `read_at` may still be put into memory.
bool may_insert(Epoch now, Epoch read_at);

/// What a cache can hold: it is over by itself at some time, notes its uses, and hands out what it
/// noted for writing behind.
template <class Value>
concept Cacheable = requires(Value& value, const Value& stored, const typename Value::Use& use)
{
    {
        use.at
        } -> std::convertible_to<Instant>;
    {
        stored.is_over(use.at)
        } -> std::same_as<bool>;
    /// Whether there is something to write behind now.
    {
        value.note(use)
        } -> std::same_as<bool>;
    {
        value.take_activity()
        } -> std::same_as<typename Value::Activity>;
};

template <Cacheable Value> class CredentialCache {
public:
    static constexpr std::size_t kShards = 64;
    using Activity = typename Value::Activity;
    using Use = typename Value::Use;

    explicit CredentialCache(std::size_t entries_max)
        : entries_max_per_shard_(std::max<std::size_t>(entries_max / kShards, 1)),
          shards_(std::make_unique<Shard[]>(kShards))
    {
    }

    /// The live credential of that token, its use noted; nothing when unknown or over (then
    /// removed). `visit(const Value&)` runs under the shard's lock and must not block.
    template <class Visit> bool find_and_note(const Digest& token, const Use& use, Visit&& visit)
    {
        Shard& shard = shard_of(token);
        const std::lock_guard lock(shard.mutex);
        const auto found = shard.entries.find(token);
        if (found == shard.entries.end()) {
            return false;
        }
        Entry& entry = found->second;
        if (entry.value.is_over(use.at)) {
            keep_activity(shard, entry);
            shard.entries.erase(found);
            return false;
        }
        entry.referenced = true;
        if (entry.value.note(use) && !std::exchange(entry.dirty, true)) {
            shard.dirty.push_back(token);
        }
        visit(std::as_const(entry.value));
        return true;
    }

    Epoch epoch_of(const Digest& token)
    {
        Shard& shard = shard_of(token);
        const std::lock_guard lock(shard.mutex);
        return shard.epoch;
    }
    /// Inserts unless the shard's epoch has moved since epoch_of(), or room can't be made. What is
    /// there already stays: it has noted uses that the row does not know.
    void insert(const Digest& token, const Value& value, Epoch read_at)
    {
        Shard& shard = shard_of(token);
        const std::lock_guard lock(shard.mutex);
        if (!may_insert(shard.epoch, read_at) || shard.entries.contains(token)) {
            return;
        }
        if (shard.entries.size() >= entries_max_per_shard_ && !make_room(shard)) {
            return;
        }
        shard.entries.emplace(token, Entry{.value = value});
    }
    /// Raises the epochs and removes: for an after-commit action.
    void remove(std::span<const Digest> tokens)
    {
        for (const Digest& token : tokens) {
            Shard& shard = shard_of(token);
            const std::lock_guard lock(shard.mutex);
            ++shard.epoch;
            shard.entries.erase(token);
        }
    }

    /// What was noted since the last call, a credential once. Taken for writing behind.
    std::vector<Activity> take_activity()
    {
        std::vector<Activity> all;
        for (std::size_t i = 0; i < kShards; ++i) {
            Shard& shard = shards_[i];
            const std::lock_guard lock(shard.mutex);
            std::ranges::move(shard.evicted, std::back_inserter(all));
            shard.evicted.clear();
            for (const Digest& token : shard.dirty) {
                const auto found = shard.entries.find(token);
                if (found != shard.entries.end() && std::exchange(found->second.dirty, false)) {
                    all.push_back(found->second.value.take_activity());
                }
            }
            shard.dirty.clear();
        }
        return all;
    }
    std::size_t size()
    {
        std::size_t sum = 0;
        for (std::size_t i = 0; i < kShards; ++i) {
            const std::lock_guard lock(shards_[i].mutex);
            sum += shards_[i].entries.size();
        }
        return sum;
    }

private:
    struct Entry {
        Value value;
        bool dirty = false;
        bool referenced = true;
    };
    struct DigestHash {
        // A digest is uniformly distributed already; the first byte chose the shard.
        std::size_t operator()(const Digest& digest) const noexcept
        {
            std::size_t value = 0;
            std::memcpy(&value, digest.data() + 8, sizeof value);
            return value;
        }
    };
    struct Shard {
        std::mutex mutex; // guards what follows
        Epoch epoch = 0;
        std::unordered_map<Digest, Entry, DigestHash> entries;
        std::vector<Digest> dirty;
        std::vector<Activity> evicted;
        std::size_t clock_hand = 0;
    };

    Shard& shard_of(const Digest& token)
    {
        return shards_[static_cast<std::size_t>(token[0]) % kShards];
    }
    // More evicted between two writings than memory may hold: what was noted first is lost, not
    // what counts.
    void keep_activity(Shard& shard, Entry& entry) const
    {
        constexpr std::size_t kEvictedMin = 1024;
        if (std::exchange(entry.dirty, false) &&
            shard.evicted.size() < std::max(entries_max_per_shard_, kEvictedMin)) {
            shard.evicted.push_back(entry.value.take_activity());
        }
    }
    bool make_room(Shard& shard)
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
                keep_activity(shard, entry->second);
                const Digest victim = entry->first;
                shard.entries.erase(victim);
                return true;
            }
        }
        return false;
    }

    std::size_t entries_max_per_shard_;
    std::unique_ptr<Shard[]> shards_;
};

} // namespace keystead::credential_cache
