// features/ssh_key/ssh_key_store.h
//
// The SQL of SSH keys, one method a statement. What was proven compromised is in no list, though
// its row may still wait to be removed.
#pragma once

#include "core/bytes.h"
#include "features/ssh_key/ssh_key.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace keystead::ssh_key {

struct Ending {
    Instant at;
    SshKeyId replaced_by;
};

struct SshKeyStore {
    Result<void> insert(WriteTx& tx, const SshKey& key);
    /// Those that no other replaces: also those that end, but whose successor is gone.
    Result<std::int64_t> count_lasting(ReadTx& tx, AccountId account, Instant now);
    /// In order of their ids.
    Result<std::vector<AccountId>> list_holders(ReadTx& tx, const Digest& fingerprint, int limit);
    /// Whoever's it is.
    Result<std::optional<SshKey>> find(ReadTx& tx, SshKeyId id);
    Result<bool> has(ReadTx& tx, AccountId account, const Digest& fingerprint);
    /// The one whose successor `id` is.
    Result<std::optional<SshKey>> find_replaced_by(ReadTx& tx, AccountId account, SshKeyId id);
    /// Newest first.
    Result<std::vector<SshKey>> list(ReadTx& tx, AccountId account, int limit);
    /// What list() leaves out, and what ended by `now`.
    Result<std::vector<SshKey>> list_over_of(ReadTx& tx, AccountId account, Instant now, int limit);
    Result<std::vector<SshKey>> list_made_in(ReadTx& tx, AccountId account, SessionId session);
    Result<std::vector<SshKey>> list_over(ReadTx& tx, Instant now, int limit);
    Result<std::vector<SshKey>> list_due(ReadTx& tx, Instant reminded_before, int limit);
    /// Rows of keys that were proven compromised.
    Result<std::vector<SshKey>> list_compromised(ReadTx& tx, int limit);
    Result<std::vector<AccountId>> list_suspended_accounts(ReadTx& tx, AccountId after, int limit);

    Result<bool> rename(WriteTx& tx, AccountId account, SshKeyId id, std::string_view name);
    Result<void> set_ending(WriteTx& tx, SshKeyId id, const Ending& ending);
    /// The key that `successor` was to replace stays.
    Result<void> cancel_ending(WriteTx& tx, SshKeyId successor);
    Result<void> set_reminded(WriteTx& tx, SshKeyId id, Instant at);
    /// Unless it was used later still.
    Result<void> note_use(WriteTx& tx, SshKeyId id, Instant at);
    /// No reminder is later than `now`, no end later than `end`.
    Result<void> bound_times(WriteTx& tx, Instant now, Instant end);
    Result<bool> remove(WriteTx& tx, AccountId account, SshKeyId id);
    Result<int> suspend_all(WriteTx& tx, Instant now);
    Result<int> suspend_of(WriteTx& tx, AccountId account, Instant now);
    Result<bool> confirm(WriteTx& tx, AccountId account, SshKeyId id);
    Result<void> erase(WriteTx& tx, AccountId account);

    Result<void> remember_revoked(WriteTx& tx, const SshKey& key, Reason reason, Instant now);
    Result<std::optional<Reason>> find_revoked(ReadTx& tx, AccountId account,
                                               const Digest& fingerprint);
    Result<bool> is_compromised(ReadTx& tx, const Digest& fingerprint);
    /// False when it was known already.
    Result<bool> add_compromised(WriteTx& tx, const Digest& fingerprint, Instant now);
};

} // namespace keystead::ssh_key
