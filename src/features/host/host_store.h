// features/host/host_store.h
//
// The SQL of servers, one method a statement.
#pragma once

#include "features/host/host.h"
#include "storage/database.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::host {

/// What a token opens.
struct Holder {
    HostId host;
    AccountId account;
};

struct Enrolment {
    std::string agent_version;
    std::optional<std::string> machine_name;
    std::vector<std::string> host_keys; // lines
};

struct StoredSigner {
    Bytes public_key;
    Bytes sealed_seed;
};

struct HostStore {
    Result<void> insert(WriteTx& tx, const Host& host, const Digest& enrolment);
    Result<std::int64_t> count(ReadTx& tx, AccountId account);
    Result<std::optional<Host>> find(ReadTx& tx, HostId id);
    /// Newest first, those older than `before`.
    Result<std::vector<Host>> list(ReadTx& tx, AccountId account, std::optional<HostId> before,
                                   int limit);
    /// Every account's, in order of their ids: for the operator and for jobs.
    Result<std::vector<Host>> list_all(ReadTx& tx, HostId after, int limit);
    Result<void> change(WriteTx& tx, const Host& host);
    Result<bool> remove(WriteTx& tx, HostId id);
    /// With the account.
    Result<void> erase(WriteTx& tx, AccountId account);

    Result<void> set_enrolment(WriteTx& tx, HostId id, const Digest& enrolment, Instant ends_at);
    /// Once: false when that enrolment token is not the one that waits, or its time is over.
    Result<bool> enroll(WriteTx& tx, HostId id, const Digest& enrolment, const Digest& token,
                        const Enrolment& what, Instant now);
    Result<void> replace_identity(WriteTx& tx, HostId id, const std::vector<std::string>& keys);
    Result<std::vector<std::string>> list_identity(ReadTx& tx, HostId id);
    Result<std::optional<Holder>> find_by_token(ReadTx& tx, const Digest& token);
    Result<std::optional<Holder>> find_by_enrolment(ReadTx& tx, const Digest& enrolment,
                                                    Instant now);
    Result<std::vector<Digest>> list_tokens(ReadTx& tx, AccountId account);
    Result<std::vector<Digest>> list_all_tokens(ReadTx& tx);

    Result<int> suspend_all(WriteTx& tx, Instant now);
    Result<int> end_all_enrolments(WriteTx& tx);
    Result<void> end_enrolments_of(WriteTx& tx, AccountId account);
    /// Of a back-up that was made at `made_at`.
    Result<void> add_restore(WriteTx& tx, Instant made_at, Instant now);
    /// Whether a back-up was restored since `to` that was made before `from`.
    Result<bool> was_restored_over(ReadTx& tx, Instant from, Instant to);
    Result<bool> confirm(WriteTx& tx, HostId id);
    /// Enrolment tokens that had ended by `seen` end, and none works longer than until `end`.
    Result<int> end_enrolments(WriteTx& tx, Instant seen);
    Result<void> bound_times(WriteTx& tx, Instant now, Instant enrolment_end);

    Result<std::vector<SshKeyId>> list_chosen(ReadTx& tx, HostId id);
    /// Of all the account's servers that choose.
    Result<std::map<HostId, std::vector<SshKeyId>>> list_chosen_of(ReadTx& tx, AccountId account);
    Result<void> choose(WriteTx& tx, HostId id, SshKeyId key);
    Result<void> forget_choice(WriteTx& tx, HostId id);
    Result<void> forget_key(WriteTx& tx, SshKeyId key);
    /// Where `old` may log in, `next` may too.
    Result<void> choose_beside(WriteTx& tx, SshKeyId old, SshKeyId next);

    /// Written behind.
    Result<void> set_seen(ChangeTx& tx, HostId id, Instant at);
    Result<void> set_confirmed(ChangeTx& tx, HostId id, Instant at);

    Result<std::optional<StoredSigner>> find_signer(ReadTx& tx);
    /// Unless there is one.
    Result<void> insert_signer(WriteTx& tx, const StoredSigner& signer, Instant now);
};

/// Of one server's list of revoked keys: 50 KiB in base64. Those removed first are left out; no
/// server has them in its cache any more.
inline constexpr int kRefusedMax = 1000;
/// Of login users that a server has not confirmed yet.
inline constexpr int kUserRemovalsMax = 100;

/// Removals and logins: what servers were told, and what they told.
struct HostRecordStore {
    /// Of a key; or of a login user, with kNoKey and user_digest() for a fingerprint.
    Result<void> add_removal(WriteTx& tx, HostId host, AccountId account, SshKeyId key,
                             const Digest& fingerprint, Instant now);
    /// Those beyond the newest so many of a server go: of keys, which its list leaves out, and of
    /// login users.
    Result<void> keep_newest_removals(WriteTx& tx, HostId host);
    /// Of what is let in again before the server confirmed anything.
    Result<void> forget_removal(WriteTx& tx, HostId host, const Digest& fingerprint);
    /// Keys, newest first.
    Result<std::vector<Digest>> list_removed(ReadTx& tx, HostId host, int limit);
    /// What no server confirmed yet.
    Result<std::vector<Digest>> list_pending(ReadTx& tx, HostId host);
    Result<std::vector<Removal>> list_removals_of(ReadTx& tx, AccountId account, SshKeyId key,
                                                  int limit);
    /// The server's own, newest first.
    Result<std::vector<Removal>> list_removals_at(ReadTx& tx, HostId host, int limit);
    /// How many of the server's it confirms. Of login users nothing is left then.
    Result<int> confirm_removals(WriteTx& tx, HostId host, Instant now);
    Result<std::map<HostId, std::int64_t>> count_pending(ReadTx& tx, AccountId account);
    Result<std::optional<SshKeyId>> find_removed_key(ReadTx& tx, HostId host,
                                                     const Digest& fingerprint);

    /// False when the server told of that login before.
    Result<bool> add_login(WriteTx& tx, const Login& login);
    /// Only what is open.
    Result<void> end_login(ChangeTx& tx, HostId host, std::string_view login_id, Instant at,
                           EndedBy by);
    Result<void> end_logins(ChangeTx& tx, HostId host, Instant at, EndedBy by);
    Result<void> keep_newest_logins(ChangeTx& tx, HostId host, int at_most);
    Result<int> remove_logins_before(ChangeTx& tx, Instant before);
    /// Newest first.
    Result<std::vector<Login>> list_logins(ReadTx& tx, HostId host,
                                           std::optional<HostLoginId> before, int limit);
    Result<std::vector<Login>> list_logins_of(ReadTx& tx, AccountId account, SshKeyId key,
                                              std::optional<HostLoginId> before, int limit);
    Result<std::vector<Login>> list_open_of(ReadTx& tx, AccountId account, SshKeyId key, int limit);
    Result<std::vector<Login>> list_logins_of_account(ReadTx& tx, AccountId account, int limit);
    Result<std::map<HostId, std::int64_t>> count_open(ReadTx& tx, AccountId account);

    /// The server is gone: what was open is over, and its logins stay as history.
    Result<void> forget_host(WriteTx& tx, HostId host, Instant now);
    Result<void> erase(WriteTx& tx, AccountId account);
};

} // namespace keystead::host
