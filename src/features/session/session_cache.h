// features/session/session_cache.h
//
// What memory holds of a session, so that a check need not wait for a disk. The rules by which it
// is never wrong about a revocation are credential_cache_service.h's.
#pragma once

#include "core/clock.h"
#include "core/id.h"
#include "features/credential_cache/credential_cache_service.h"
#include "features/session/compact_text.h"

#include <chrono>
#include <cstdint>
#include <limits>

namespace keystead::session {

struct CachedSession {
    struct Use {
        Instant at;
    };
    struct Activity {
        SessionId session;
        Instant last_active_at;
    };

    SessionId session;
    AccountId account;
    Instant authenticated_at{};
    Instant last_active_at{};
    std::int64_t expires_at_us = std::numeric_limits<std::int64_t>::max();
    std::chrono::duration<std::uint32_t> idle_timeout{0}; // 0: none
    bool is_operator = false;
    bool must_authenticate = false;
    bool is_restricted = false; // its account is being secured
    CompactText email;          // for the product's headers

    bool is_over(Instant now) const
    {
        return to_micros(now) >= expires_at_us ||
               (idle_timeout.count() != 0 && now >= last_active_at + idle_timeout);
    }
    bool note(const Use& use)
    {
        if (use.at <= last_active_at) {
            return false; // The clock went back: last activity never does.
        }
        last_active_at = use.at;
        return true;
    }
    Activity take_activity() const { return {session, last_active_at}; }
};
static_assert(sizeof(CachedSession) == 96); // There are millions of them.

using SessionCache = credential_cache::CredentialCache<CachedSession>;

} // namespace keystead::session
