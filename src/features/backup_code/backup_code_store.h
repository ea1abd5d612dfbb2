// features/backup_code/backup_code_store.h
//
// Rows of tables `backup_code_set` (one an account: salt and cost) and `backup_code` (ten a set).
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "storage/database.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace keystead::backup_code {

constexpr std::size_t kSaltBytes = 16;

/// What is needed to hash an attempt.
struct CodeSet {
    std::array<std::byte, kSaltBytes> salt; // new for every set: it names the set, too
    std::uint32_t memory_kib;
    std::uint32_t passes;
    Instant created_at;
};

struct SealedCode {
    std::int64_t position; // 0…9
    Bytes sealed_hash;
    bool used = false;
};

struct BackupCodeStore {
    Result<std::optional<CodeSet>> find_set(ReadTx& tx, AccountId account);
    Result<std::vector<SealedCode>> list_codes(ReadTx& tx, AccountId account);
    Result<std::int64_t> count_unused(ReadTx& tx, AccountId account);
    Result<void> insert_set(WriteTx& tx, AccountId account, const CodeSet& set);
    Result<void> insert_code(WriteTx& tx, AccountId account, const SealedCode& code);
    /// False if the code was used already: someone was faster.
    Result<bool> mark_used(WriteTx& tx, AccountId account, std::int64_t position, ByteView salt, Instant now);
    Result<int> erase(WriteTx& tx, AccountId account);
};

} // namespace keystead::backup_code
