// features/password/password_store.h
//
// Rows of table `password`: one an account.
#pragma once

#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "features/password/password_hasher.h"
#include "storage/database.h"

#include <optional>

namespace keystead::password {

struct PasswordStore {
    Result<std::optional<StoredPassword>> find(ReadTx& tx, AccountId account);
    /// Inserts or overwrites; must_change and the assessment are cleared.
    Result<void> upsert(WriteTx& tx, const HashedPassword& hashed, Instant changed_at);
    /// Overwrites if the sealed hash still is `expected`. False if it is not: someone was faster.
    Result<bool> replace(WriteTx& tx, const HashedPassword& hashed, ByteView expected,
                         Instant changed_at);
    /// As replace(), but keeps when and under which rule the password was chosen.
    Result<bool> replace_hash(WriteTx& tx, const HashedPassword& hashed, ByteView expected);
    /// If the password still is the one that was `checked`.
    Result<void> set_assessment(WriteTx& tx, const StoredPassword& checked, ByteView assessment);
    Result<bool> mark_must_change(WriteTx& tx, AccountId account);
    Result<void> erase(WriteTx& tx, AccountId account);
    Result<std::optional<HashCost>> find_dearest_cost(ReadTx& tx);
};

} // namespace keystead::password
