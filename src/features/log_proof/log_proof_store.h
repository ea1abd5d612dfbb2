// features/log_proof/log_proof_store.h
//
// SQL of the log's origins. One method a statement; decides nothing.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/result.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keystead::log_proof {

struct StoredOrigin {
    std::int64_t number = 0; // from 1 on, without a gap
    std::string origin;
    std::string reason;
    std::uint64_t first_size = 0; // of the tree when it began
    Instant started_at{};
    Bytes public_key;
    Bytes sealed_seed;
};

class LogProofStore {
public:
    /// Oldest first.
    Result<std::vector<StoredOrigin>> list_origins(ReadTx& tx);
    Result<std::optional<StoredOrigin>> find_newest_origin(ReadTx& tx);
    Result<void> insert_origin(ChangeTx& tx, const StoredOrigin& origin);
};

} // namespace keystead::log_proof
