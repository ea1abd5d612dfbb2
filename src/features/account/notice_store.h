// features/account/notice_store.h
//
// The SQL of what an account wants to be told, one method a statement.
#pragma once

#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "storage/database.h"

#include <cstdint>

namespace keystead::account {

/// Bits of OptionalNotice.
struct NoticeChoice {
    std::int64_t chosen = 0; // by the owner; of the others the settings say
    std::int64_t sent = 0;
};

struct NoticeStore {
    Result<NoticeChoice> find(ReadTx& tx, AccountId account);
    Result<void> put(WriteTx& tx, AccountId account, const NoticeChoice& choice);
    /// False when an attack was told of later than `before`, which is not in the future.
    Result<bool> mark_attack_told(WriteTx& tx, AccountId account, Instant now, Instant before);
};

} // namespace keystead::account
