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
#include "core/huge_page_pool.h"
#include "features/credential_cache/credential_table.h"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <memory_resource>
#include <mutex>
#include <span>
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
        : entries_max_per_shard_(
              std::clamp<std::size_t>(entries_max / kShards, 1, CredentialTable<Value>::kValuesMax))
    {
        for (std::size_t i = 0; i < kShards; ++i) {
            shards_.emplace_back(memory_);
        }
    }

    /// The live credential of that token, its use noted; nothing when unknown or over (then
    /// removed). `visit(const Value&)` runs under the shard's lock and must not block.
    template <class Visit> bool find_and_note(const Digest& token, const Use& use, Visit&& visit)
    {
        Shard& shard = shard_of(token);
        const std::lock_guard lock(shard.mutex);
        const auto spot = shard.table.find(token);
        if (!spot) {
            return false;
        }
        Value& value = shard.table.value(*spot);
        if (value.is_over(use.at)) {
            erase(shard, *spot);
            return false;
        }
        shard.table.mark_referenced(*spot);
        if (value.note(use)) {
            shard.table.mark_dirty(*spot);
        }
        visit(std::as_const(value));
        return true;
    }
    /// Calls `visit(const Value&)` if memory has that token, over or not, and leaves no trace.
    template <class Visit> void peek(const Digest& token, Visit&& visit)
    {
        Shard& shard = shard_of(token);
        const std::lock_guard lock(shard.mutex);
        if (const auto spot = shard.table.find(token)) {
            visit(std::as_const(shard.table.value(*spot)));
        }
    }

    Epoch epoch_of(const Digest& token)
    {
        Shard& shard = shard_of(token);
        const std::lock_guard lock(shard.mutex);
        return shard.epoch;
    }
    /// Inserts unless the shard's epoch has moved since epoch_of(). What is there already stays: it
    /// has noted uses that the row does not know.
    void insert(const Digest& token, const Value& value, Epoch read_at)
    {
        Shard& shard = shard_of(token);
        const std::lock_guard lock(shard.mutex);
        if (!may_insert(shard.epoch, read_at) || shard.table.find(token)) {
            return;
        }
        if (shard.table.size() >= entries_max_per_shard_) {
            if (const auto victim = shard.table.choose_victim()) {
                erase(shard, *victim);
            }
        }
        shard.table.insert(token, value);
    }
    /// Raises the epochs and removes: for an after-commit action.
    void remove(std::span<const Digest> tokens)
    {
        for (const Digest& token : tokens) {
            Shard& shard = shard_of(token);
            const std::lock_guard lock(shard.mutex);
            ++shard.epoch;
            if (const auto spot = shard.table.find(token)) {
                shard.table.erase(*spot);
            }
        }
    }

    /// Forgets everything, what was noted of uses too: for an after-commit action.
    void clear()
    {
        for (std::size_t i = 0; i < kShards; ++i) {
            const std::lock_guard lock(shards_[i].mutex);
            ++shards_[i].epoch;
            shards_[i].table.clear();
            shards_[i].evicted.clear();
        }
    }

    /// What was noted and has not been taken yet, a credential once: all that was evicted, and up
    /// to `cached_max` of those still here, which take turns. Taken for writing behind.
    std::vector<Activity> take_activity(std::size_t cached_max)
    {
        std::vector<Activity> all;
        for (std::size_t i = 0; i < kShards; ++i) {
            const std::lock_guard lock(shards_[i].mutex);
            std::ranges::move(shards_[i].evicted, std::back_inserter(all));
            shards_[i].evicted.clear();
        }
        const std::lock_guard taking(taking_);
        std::size_t rest = cached_max;
        // Once round, and then what the last call left of the shard that it ended in.
        for (std::size_t i = 0; i <= kShards && rest > 0; ++i) {
            take_cached(shards_[turn_shard_], rest, all);
            if (rest > 0) {
                turn_shard_ = (turn_shard_ + 1) % kShards;
                turn_spot_ = 0;
            }
        }
        return all;
    }
    std::vector<Activity> take_activity() { return take_activity(~std::size_t{0}); }
    std::size_t size()
    {
        std::size_t sum = 0;
        for (std::size_t i = 0; i < kShards; ++i) {
            const std::lock_guard lock(shards_[i].mutex);
            sum += shards_[i].table.size();
        }
        return sum;
    }

private:
    struct Shard {
        explicit Shard(std::pmr::memory_resource& memory) : table(memory) {}
        std::mutex mutex; // guards what follows
        Epoch epoch = 0;
        CredentialTable<Value> table;
        std::vector<Activity> evicted;
    };

    Shard& shard_of(const Digest& token)
    {
        return shards_[static_cast<std::size_t>(token[0]) % kShards];
    }
    // More evicted between two writings than memory may hold: what was noted first is lost, not
    // what counts.
    void erase(Shard& shard, typename CredentialTable<Value>::Spot spot) const
    {
        constexpr std::size_t kEvictedMin = 1024;
        if (shard.table.is_dirty(spot) &&
            shard.evicted.size() < std::max(entries_max_per_shard_, kEvictedMin)) {
            shard.evicted.push_back(shard.table.value(spot).take_activity());
        }
        shard.table.erase(spot);
    }
    void take_cached(Shard& shard, std::size_t& rest, std::vector<Activity>& all)
    {
        const std::lock_guard lock(shard.mutex);
        while (rest > 0) {
            const auto spot = shard.table.take_dirty(turn_spot_);
            if (!spot) {
                return;
            }
            all.push_back(shard.table.value(*spot).take_activity());
            turn_spot_ = *spot + 1;
            --rest;
        }
    }

    std::size_t entries_max_per_shard_;
    HugePagePool memory_;
    std::deque<Shard> shards_;
    std::mutex taking_; // guards what follows: where the last take_activity() ended
    std::size_t turn_shard_ = 0;
    typename CredentialTable<Value>::Spot turn_spot_ = 0;
};

} // namespace keystead::credential_cache
