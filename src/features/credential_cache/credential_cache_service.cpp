#include "features/credential_cache/credential_cache_service.h"

namespace keystead::credential_cache {

bool may_insert([[maybe_unused]] Epoch now, [[maybe_unused]] Epoch read_at)
{
#ifndef KEYSTEAD_WITHOUT_CACHE_EPOCH
    return now == read_at; // Else something was revoked since the row was read: perhaps this.
#else
    return true;
#endif
}

} // namespace keystead::credential_cache
