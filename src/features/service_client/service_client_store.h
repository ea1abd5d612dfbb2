// features/service_client/service_client_store.h
//
// The SQL of service clients, one method a statement.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::service_client {

struct ServiceClient {
    ClientId id;
    std::string name;
    std::uint32_t rights = 0; // bits of ClientRight (core/client_right.h)
    Instant created_at{};
    bool suspended = false; // since a restore, until an operator confirms it
};

struct ServiceClientStore {
    /// False when the name is taken.
    Result<bool> insert(WriteTx& tx, const ServiceClient& client, const Digest& token);
    /// Nothing when it is suspended.
    Result<std::optional<ServiceClient>> find_by_token(ReadTx& tx, const Digest& token);
    /// How many were not suspended before.
    Result<int> suspend_all(WriteTx& tx, Instant now);
    /// False when there is no such client.
    Result<bool> confirm(WriteTx& tx, ClientId id);
    Result<std::vector<ServiceClient>> list(ReadTx& tx, int limit);
    /// The token of the row it removed.
    Result<std::optional<Digest>> remove(WriteTx& tx, ClientId id);
};

} // namespace keystead::service_client
