// app/node_store.h
//
// Numbers that a node keeps about itself in its database (table `node`, an upkeep table: none of
// them grants access).
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace keystead::app {

/// The latest time that the node has seen (app/node_clock.h).
inline constexpr std::string_view kLatestSeen = "latest-seen";

struct NodeStore {
    Result<std::optional<std::int64_t>> find(ReadTx& tx, std::string_view name);
    Result<void> remove(WriteTx& tx, std::string_view name);
    Result<void> put(UpkeepTx& tx, std::string_view name, std::int64_t value, Instant now);
    /// Keeps what is there; answers what then stands.
    Result<std::int64_t> put_if_absent(UpkeepTx& tx, std::string_view name, std::int64_t value,
                                       Instant now);
    /// For what touches every account once: this transaction may take longer than a request's.
    Result<void> lift_time_limit(WriteTx& tx, Database::Engine engine);
};

} // namespace keystead::app
