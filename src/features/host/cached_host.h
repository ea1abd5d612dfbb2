// features/host/cached_host.h
//
// What memory holds of a server's token, for checks that must not wait for a disk.
#pragma once

#include "core/clock.h"
#include "core/id.h"
#include "features/credential_cache/credential_cache_service.h"

#include <algorithm>
#include <utility>

namespace keystead::host {

struct CachedHost {
    struct Use {
        Instant at;
    };
    struct Activity {
        HostId host;
        Instant seen_at;
    };

    HostId host;
    AccountId account;
    Instant seen_at{};
    bool is_noted = false;

    bool is_over(Instant) const { return false; } // Ended by someone alone.
    bool note(const Use& use)
    {
        seen_at = std::max(seen_at, use.at);
        return !std::exchange(is_noted, true);
    }
    Activity take_activity()
    {
        is_noted = false;
        return {host, seen_at};
    }
};

using HostCache = credential_cache::CredentialCache<CachedHost>;

} // namespace keystead::host
