// features/attempt_budget/attempt_budget_store.h
//
// Rows of table `attempt_budget`: one for each scope and identifier, under their HMAC.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/result.h"
#include "features/attempt_budget/attempt_budget.h"
#include "storage/database.h"

#include <chrono>
#include <cstdint>

namespace keystead::attempt_budget {

/// What a refused attempt found.
struct Spent {
    std::int64_t failures;     // in a row
    std::int64_t window_count; // in the window
    Instant window_started;
    std::chrono::microseconds delay; // between the last attempt and the next
    Instant charged_at;              // the last attempt
};

struct AttemptBudgetStore {
    /// Takes an attempt if all limits allow it, in one statement; false if one does not.
    Result<bool> charge(WriteTx& tx, const Digest& key, const Limits& limits, Instant now);
    /// What a row holds, after times that lie in the future (the clock jumped back) have been
    /// brought to `now`.
    Result<Spent> settle_spent(WriteTx& tx, const Digest& key, Instant now);
    Result<void> refund(WriteTx& tx, const Digest& key);
    Result<std::int64_t> count_failures(ReadTx& tx, const Digest& key);
    Result<void> clear(WriteTx& tx, const Digest& key);
    /// Brings every time that lies in the future to `now`; counts stay. Answers how many rows.
    Result<int> rebase(WriteTx& tx, Instant now);
    /// At most 1,000 rows.
    Result<int> sweep(WriteTx& tx, Instant now);
};

} // namespace keystead::attempt_budget
