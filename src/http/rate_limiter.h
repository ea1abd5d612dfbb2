// http/rate_limiter.h
//
// Limits on the rate of requests by GCRA (the virtual scheduling form of ITU-T I.371): per key one
// time at which the key would be idle again. A fixed table of sets of eight entries: memory is
// bounded, nothing is allocated, and a full set forgets whoever owes least. Where a key lands is
// keyed with a secret, so nobody can aim at another's entry.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/ip_address.h"
#include "core/random.h"
#include "core/secret.h"
#include "core/settings.h"
#include "http/principal.h"
#include "http/route.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace keystead::http {

struct LimitVerdict {
    bool allowed = true;
    std::string_view policy = {};  // "write"; empty: not limited
    std::uint32_t quota = 0;       // requests a minute
    std::uint32_t remaining = 0;   // that may come at once now
    std::chrono::seconds reset{0}; // until one more may come, rounded up
    std::chrono::seconds retry_after{
        0}; // refused: a client that waits this long is not refused for what it did so far
};

class RateLimiter {
public:
    RateLimiter(const LimitSettings& settings, const Clock& clock, Random& random,
                std::size_t entries_max = 1 << 18);

    /// One address stands for many people behind it: who is signed in there shares so many times
    /// the quota of one.
    static constexpr std::uint32_t kSharedFactor = 10;

    /// Charges one request of `group` to its source address, and to the account, token or service
    /// client it speaks for: to each once, or to none when one of them refuses. Strangers, and
    /// whoever has a password alone, have the address's quota of one. A server is charged by itself
    /// alone, for a thousand may stand behind one address; one without an id, whose token is still
    /// to be looked up, to its address alone.
    LimitVerdict charge(LimitGroup group, const Principal& principal, const IpAddress& address);

private:
    static constexpr std::size_t kWays = 8;
    static constexpr std::size_t kShards = 64;
    struct Entry {
        std::uint64_t key = 0;                // 0: free
        std::chrono::microseconds idle_at{0}; // the "theoretical arrival time", since boot
    };
    using Set = std::array<Entry, kWays>;
    struct Shard {
        std::mutex mutex; // guards sets
        std::vector<Set> sets;
    };
    /// What is counted: a key and how long one of its requests takes up.
    struct Meter {
        std::uint64_t key;
        std::uint32_t quota; // a minute
    };
    enum class Of : std::uint8_t { Account = 1, Client, Token, Stranger, SharedAddress, Host };
    std::uint64_t key_of(LimitGroup group, Of of, ByteView whose) const;
    Meter address_meter(LimitGroup group, const Principal& principal,
                        const IpAddress& address) const;
    std::optional<Meter> principal_meter(LimitGroup group, const Principal& principal) const;
    std::uint32_t quota_of(LimitGroup group, Principal::Kind kind) const;
    Shard& shard_of(const Meter& meter) { return shards_[meter.key % kShards]; }
    static Entry& entry_of(Shard& shard, const Meter& meter, std::chrono::microseconds now);

    LimitSettings settings_;
    const Clock& clock_;
    Secret secret_;
    std::array<Shard, kShards> shards_;
};

/// RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers), as whole field lines;
/// nothing when not limited.
void append_rate_limit_fields(std::string& out, const LimitVerdict& verdict);

} // namespace keystead::http
