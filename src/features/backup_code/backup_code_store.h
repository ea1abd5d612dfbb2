// features/backup_code/backup_code_store.h
//
// Rows of table `backup_code`: ten an account or none, all of one set.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "crypto/argon2id.h"
#include "storage/database.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace keystead::backup_code {

constexpr std::size_t kSaltBytes = 16;
using Salt = std::array<std::byte, kSaltBytes>;

/// What is needed to hash an attempt.
struct CodeSet {
    Salt salt; // new for every set: it names the set, too
    crypto::Argon2idParameters cost;
    Instant created_at;
};

struct SealedCode {
    std::int64_t position; // 0…9
    Bytes sealed_hash;
    bool used = false;
    bool suspended = false;
};

struct BackupCodeStore {
    Result<std::optional<CodeSet>> find_set(ReadTx& tx, AccountId account);
    /// By position.
    Result<std::vector<SealedCode>> list_codes(ReadTx& tx, AccountId account, const Salt& salt);
    Result<std::int64_t> count_unused(ReadTx& tx, AccountId account);
    Result<void> insert(WriteTx& tx, AccountId account, const CodeSet& set, const SealedCode& code);
    /// False if the code was used already, or its set replaced: someone was faster.
    Result<bool> mark_used(WriteTx& tx, AccountId account, const Salt& salt, std::int64_t position,
                           Instant now);
    Result<int> erase(WriteTx& tx, AccountId account);
    Result<std::int64_t> count_suspended(ReadTx& tx, AccountId account);
    /// Everyone's: what was made after `moment` is as if made then. How many codes.
    Result<int> bound_created(WriteTx& tx, Instant moment);
    /// Everyone's that were not used. How many.
    Result<int> suspend_all(WriteTx& tx, Instant now);
    Result<int> confirm(WriteTx& tx, AccountId account);
    /// By id, those after `after`.
    Result<std::vector<AccountId>> list_suspended_accounts(ReadTx& tx, AccountId after, int limit);
};

} // namespace keystead::backup_code
