// http/rate_limiter.h
//
// Limits on the rate of requests by GCRA (the virtual scheduling form of ITU-T I.371): per key one
// time at which the key would be idle again. A fixed table of sets of eight entries: memory is
// bounded, nothing is allocated, and a full set forgets whoever owes least. Where a key lands is
// keyed with a secret, so nobody can aim at another's entry.
#pragma once

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

    /// Charges one request of `group` to the principal, or to the source address when there is
    /// none.
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
    std::uint64_t key_of(LimitGroup group, const Principal& principal,
                         const IpAddress& address) const;
    std::uint32_t quota_of(LimitGroup group, Principal::Kind kind) const;

    LimitSettings settings_;
    const Clock& clock_;
    Secret secret_;
    std::array<Shard, kShards> shards_;
};

/// RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers), as whole field lines;
/// nothing when not limited.
void append_rate_limit_fields(std::string& out, const LimitVerdict& verdict);

} // namespace keystead::http
