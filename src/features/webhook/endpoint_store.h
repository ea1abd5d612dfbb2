// features/webhook/endpoint_store.h
//
// SQL of endpoints, one method a statement; decides nothing.
#pragma once

#include "core/result.h"
#include "features/webhook/webhook.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::webhook {

/// An endpoint that hears an event: as little as queueing needs.
struct Listener {
    EndpointId id;
    bool is_of_instance = false;
    std::string events;
};

struct EndpointChange {
    std::string url;
    std::string description;
    std::string events;
    EndpointState state;
};

class EndpointStore {
public:
    Result<void> insert(ChangeTx& tx, const Endpoint& endpoint);
    /// Of the account, or of the instance when there is none; oldest first.
    Result<std::vector<Endpoint>> list(ReadTx& tx, std::optional<AccountId> account,
                                       std::uint32_t limit);
    Result<std::optional<Endpoint>> find(ReadTx& tx, EndpointId id);
    Result<std::int64_t> count(ReadTx& tx, std::optional<AccountId> account);
    /// Enabled ones that hear of that account: its own and the instance's.
    Result<std::vector<Listener>> list_listeners(ReadTx& tx, std::optional<AccountId> account);
    Result<void> update(ChangeTx& tx, EndpointId id, const EndpointChange& change);
    /// False when it is not enabled any more.
    Result<bool> stop(ChangeTx& tx, EndpointId id, EndpointState state);
    /// All that are enabled; how many.
    Result<int> suspend_all(ChangeTx& tx);
    /// Which were enabled.
    Result<std::vector<EndpointId>> suspend_of(ChangeTx& tx, AccountId account);
    /// In order of their ids.
    Result<std::vector<AccountId>> list_suspended_accounts(ReadTx& tx, AccountId after, int limit);
    Result<void> set_secrets(ChangeTx& tx, EndpointId id, ByteView secret,
                             std::optional<ByteView> previous, std::optional<Instant> until);
    /// False when there was none.
    Result<bool> clear_previous(ChangeTx& tx, EndpointId id);
    struct Expired {
        EndpointId id;
        std::optional<AccountId> account;
    };
    Result<std::vector<Expired>> clear_expired(ChangeTx& tx, Instant now);
    Result<void> clear_all_previous(ChangeTx& tx);
    /// No old secret counts longer than that.
    Result<void> bound_previous(ChangeTx& tx, Instant moment);
    Result<bool> remove(ChangeTx& tx, EndpointId id);
    Result<std::vector<EndpointId>> remove_of(ChangeTx& tx, AccountId account);
};

} // namespace keystead::webhook
