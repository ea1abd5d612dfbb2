// features/service_client/service_client_service.h
//
// Programs of the product beside Keystead: made and revoked by an operator on the command line,
// authenticated by a bearer token with named rights. They speak for nobody but themselves. A few
// clients are kept in memory under the same rule as sessions: what was revoked is never put back
// (credential_cache_service.h).
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/secret.h"
#include "crypto/keys.h"
#include "crypto/token.h"
#include "features/audit/audit_log.h"
#include "features/service_client/service_client_store.h"
#include "storage/database.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::service_client {

/// "introspect", "read-accounts", "hosts", "events": how rights are named on the command line.
/// Nothing for another word.
std::optional<std::uint32_t> right_from_text(std::string_view word);
std::vector<std::string_view> right_names(std::uint32_t rights);

class ServiceClientService {
public:
    ServiceClientService(ServiceClientStore& store, audit::AuditLog& audit,
                         const crypto::KeyRing& keys, const Clock& clock, Random& random);

    struct Made {
        ServiceClient client;
        Secret token; // shown once
    };
    /// Errors: client/name-taken (Conflict), client/invalid (InvalidInput: name empty, over 100
    /// bytes; no right).
    Result<Made> create(WriteTx& tx, const Actor& actor, std::string_view name,
                        std::uint32_t rights);
    /// Errors: client/not-found.
    Result<void> revoke(WriteTx& tx, const Actor& actor, ClientId id);
    /// Restore, before anything is served: a client that was revoked since must not be back. How
    /// many. Records client.suspend-all.
    Result<int> suspend_all(WriteTx& tx, const Actor& actor);
    /// Lets a suspended client in again. Errors: client/not-found.
    Result<void> confirm(WriteTx& tx, const Actor& actor, ClientId id);
    Result<std::vector<ServiceClient>> list(ReadTx& tx);

    /// From memory: the client of a live token; nothing when memory does not know it.
    std::optional<ServiceClient> find_cached(std::string_view token_text);
    bool is_well_formed(std::string_view token_text) const;
    /// Reads it if need be. Nothing when the token is no good.
    Result<std::optional<ServiceClient>> load(Database& db, std::string_view token_text);

private:
    ServiceClientStore& store_;
    audit::AuditLog& audit_;
    crypto::TokenMint mint_;
    const Clock& clock_;
    Random& random_;

    std::mutex mutex_; // guards what follows
    std::uint64_t epoch_ = 0;
    std::map<Digest, ServiceClient> cached_;
};

} // namespace keystead::service_client
