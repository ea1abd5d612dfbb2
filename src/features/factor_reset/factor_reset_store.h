// features/factor_reset/factor_reset_store.h
//
// The SQL of pending resets, one method a statement.
#pragma once

#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "storage/database.h"

#include <optional>
#include <vector>

namespace keystead::factor_reset {

struct PendingReset {
    AccountId account;
    AccountId asked_by;
    Instant asked_at{};
    Instant due_at{};
    Instant next_mail_at{};
};

struct FactorResetStore {
    /// False when one is pending already.
    Result<bool> insert(WriteTx& tx, const PendingReset& reset);
    Result<std::optional<PendingReset>> find(ReadTx& tx, AccountId account);
    Result<int> remove_all(WriteTx& tx);
    /// Whether there was one.
    Result<bool> remove(WriteTx& tx, AccountId account);
    /// Those asked for later than that were asked for then, and wait as long. How many.
    Result<int> rebase(WriteTx& tx, Instant moment);
    /// Moves the next mail from `from` to `to`; false when another was faster.
    Result<bool> move_mail(WriteTx& tx, AccountId account, Instant from, Instant to);
    /// Those with something to do at `now`: due, or a mail to send.
    Result<std::vector<PendingReset>> list_ripe(ReadTx& tx, Instant now, int limit);
};

} // namespace keystead::factor_reset
