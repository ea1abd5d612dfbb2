// http/site.h
//
// What every connection of a server shares: the parts handed in, the policies made of the settings
// (read only once the server runs), and the state that each event loop keeps for its own
// connections.
#pragma once

#include "core/encoding.h"
#include "http/access_log.h"
#include "http/base_url.h"
#include "http/rate_limiter.h"
#include "http/response_writer.h"
#include "http/server.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>

namespace keystead::http {

/// Below a base path the host is the product's: what its other names do is not for us to say.
inline FieldBlocks::Transport transport_of(const BaseUrl& base_url, const ServerSettings& settings)
{
    using Transport = FieldBlocks::Transport;
    if (!base_url.is_https()) {
        return Transport::MaybeClear;
    }
    return settings.base_path.empty() ? Transport::TlsHereAndBelow : Transport::TlsHere;
}

struct Site {
    Site(const ServerOptions& o, const ServerParts& p, const BaseUrl& base_url, AccessLog& log)
        : options(o), parts(p), hosts(base_url, o.settings.port),
          limiter(o.limits, p.clock, p.random), blocks(transport_of(base_url, o.settings)),
          access_log(log), credential_slot_millis(o.credential_slot.count())
    {
    }
    const ServerOptions options;
    const ServerParts parts;
    HostPolicy hosts; // set once more when the port is known, before the loops run
    RateLimiter limiter;
    const FieldBlocks blocks;
    AccessLog& access_log;
    std::atomic<std::int64_t> credential_slot_millis;
    std::atomic<bool> draining{false};
};

/// Random bytes by the page: one call for many request ids. Belongs to one loop.
class RandomPool {
public:
    explicit RandomPool(Random& random) : random_(random) {}
    /// UUIDv7 of `now` (RFC 9562 §5.7).
    RequestId make_request_id(Instant now)
    {
        BufferedRandom source(*this);
        return RequestId::make(now, source);
    }
    void take(std::span<std::byte> out)
    {
        if (out.size() > bytes_.size() - used_) {
            random_.fill(bytes_);
            used_ = 0;
        }
        std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(used_), out.size(), out.begin());
        used_ += out.size();
    }

private:
    struct BufferedRandom final : Random {
        explicit BufferedRandom(RandomPool& p) : pool(p) {}
        void fill(std::span<std::byte> out) override { pool.take(out); }
        RandomPool& pool;
    };
    Random& random_;
    std::array<std::byte, 1024> bytes_{};
    std::size_t used_ = sizeof bytes_;
};

/// One event loop's own; touched by its thread alone.
struct LoopState {
    LoopState(Site& s, LoopCounters& c) : site(s), counters(c), random(s.parts.random) {}
    Site& site;
    LoopCounters& counters;
    RandomPool random;
    TimeTexts times;
    std::string log_lines;
    std::chrono::steady_clock::time_point now =
        std::chrono::steady_clock::now(); // as of the last sweep
};

} // namespace keystead::http
