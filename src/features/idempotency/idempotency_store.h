// features/idempotency/idempotency_store.h
//
// The SQL of idempotency keys, one method a statement.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "storage/database.h"

#include <optional>
#include <string>
#include <string_view>

namespace keystead::idempotency {

struct IdempotencyStore {
    /// False when the key is there already.
    Result<bool> insert(WriteTx& tx, AccountId account, const Digest& key,
                        std::string_view created_id, Instant now);
    Result<std::optional<std::string>> find(ReadTx& tx, AccountId account, const Digest& key);
    Result<void> remove_all(WriteTx& tx, AccountId account);
    Result<void> sweep(UpkeepTx& tx, Instant older_than);
};

} // namespace keystead::idempotency
