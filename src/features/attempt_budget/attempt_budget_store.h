// features/attempt_budget/attempt_budget_store.h
//
// Rows of table `attempt_budget`: one for each scope and identifier, under their HMAC.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/result.h"
#include "features/attempt_budget/attempt_budget.h"
#include "storage/database.h"

#include <cstdint>

namespace keystead::attempt_budget {

/// A row as a charge left it.
struct Charged {
    bool allowed;
    std::int64_t failures;      // in a row
    std::int64_t window_count;  // within the window
    Instant window_started;
    Instant next_at;            // no attempt before
};

struct AttemptBudgetStore {
    /// One upsert: takes an attempt if all three limits allow it, otherwise leaves the counts; says which.
    Result<Charged> charge(WriteTx& tx, const Digest& key, const Limits& limits, Instant now);
    Result<void> refund(WriteTx& tx, const Digest& key);
    Result<void> clear(WriteTx& tx, const Digest& key);
    Result<int> sweep(UpkeepTx& tx, Instant now);
};

} // namespace keystead::attempt_budget
