// features/securing/securing_store.h
//
// The tables securing and securing_verdict: one method a statement.
#pragma once

#include "core/id.h"
#include "core/result.h"
#include "features/securing/securing.h"
#include "storage/database.h"

#include <map>

namespace keystead::securing {

struct SecuringStore {
    /// Anew, if it was there.
    Result<void> begin(WriteTx& tx, AccountId account);
    Result<bool> set_addresses_checked(WriteTx& tx, AccountId account);
    Result<bool> addresses_checked(ReadTx& tx, AccountId account);
    Result<void> remove(WriteTx& tx, AccountId account);

    /// The nil id stands for every usual line that has no verdict of its own.
    Result<void> put_verdict(WriteTx& tx, AccountId account, EventId event, Verdict verdict);
    Result<std::map<EventId, Verdict>> list_verdicts(ReadTx& tx, AccountId account);
    Result<void> remove_verdicts(WriteTx& tx, AccountId account);
};

} // namespace keystead::securing
