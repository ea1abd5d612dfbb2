// features/session/session_cache.h
//
// Sessions in memory, for checks that must not wait for a disk. Bounded, sharded, and never wrong
// about a revocation:
//
//   a miss     reads the shard's epoch, then the row, and inserts only if the epoch is unchanged;
//   a change   commits, raises the epoch, removes, and only then is answered.
//
// So a row read before a revocation cannot be inserted after it. Not here: the database, expiry
// policy, cookies.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/id.h"

#include <chrono>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace keystead::session {

struct CachedSession {
    SessionId session;
    AccountId account;
    Instant authenticated_at{};
    Instant last_active_at{};
    std::int64_t expires_at_us = std::numeric_limits<std::int64_t>::max();
    std::int64_t idle_timeout_us = 0; // 0: none
    bool is_operator = false;
    bool must_authenticate = false;
    std::string email; // for the product's headers

    bool is_over(Instant now) const
    {
        return to_micros(now) >= expires_at_us ||
               (idle_timeout_us != 0 &&
                to_micros(now) >= to_micros(last_active_at) + idle_timeout_us);
    }
};

class SessionCache {
public:
    static constexpr std::size_t kShards = 64;
    using Epoch = std::uint64_t;

    explicit SessionCache(std::size_t entries_max);

    /// The live session of that token, its last activity moved to `now`; nothing when unknown or
    /// over (then removed). `visit` runs under the shard's lock and must not block.
    template <class Visit> bool find_and_touch(const Digest& token, Instant now, Visit&& visit)
    {
        Shard& shard = shard_of(token);
        const std::lock_guard lock(shard.mutex);
        const auto found = shard.entries.find(token);
        if (found == shard.entries.end()) {
            return false;
        }
        Entry& entry = found->second;
        if (entry.session.is_over(now)) {
            shard.entries.erase(found);
            return false;
        }
        touch(shard, token, entry, now);
        visit(entry.session);
        return true;
    }

    Epoch epoch_of(const Digest& token);
    /// Inserts unless the shard's epoch has moved since epoch_of(), or room can't be made.
    void insert(const Digest& token, const CachedSession& session, Epoch read_at);
    /// Raises the epochs and removes: for an after-commit action.
    void remove(std::span<const Digest> tokens);

    struct Activity {
        SessionId session;
        Instant last_active_at;
    };
    /// What was active since the last call, each session once. Taken for writing behind.
    std::vector<Activity> take_activity();
    std::size_t size();

private:
    struct Entry {
        CachedSession session;
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
        std::mutex mutex;
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
    static void touch(Shard& shard, const Digest& token, Entry& entry, Instant now);
    static bool make_room(Shard& shard);

    std::size_t entries_max_per_shard_;
    std::unique_ptr<Shard[]> shards_;
};

} // namespace keystead::session
