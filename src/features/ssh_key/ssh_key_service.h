// features/ssh_key/ssh_key_service.h
//
// Adds, rotates and revokes the public SSH keys of accounts.
//
// Invariants: at most so many an account, whatever races; a key stands once in an account, and no
// account hears of another that has it; what an account revoked as compromised it cannot add again;
// what a key said of itself by a signature binds every account from that commit on.
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/set_back.h"
#include "core/settings.h"
#include "features/audit/audit_log.h"
#include "features/notify/notify_service.h"
#include "features/ssh_key/ssh_key.h"
#include "features/ssh_key/ssh_key_store.h"
#include "storage/database.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::ssh_key {

using TellOwner = std::function<Result<void>(WriteTx&, const Actor&, AccountId, notify::Purpose,
                                             const notify::Facts&)>;

struct NewKey {
    std::string name;
    PublicKey key;
};

/// Told in the transaction in which it happens: what lets keys in elsewhere follows them.
struct KeyFollower {
    /// The key opens nothing any more.
    std::function<Result<void>(WriteTx&, const SshKey&)> removed =
        [](WriteTx&, const SshKey&) -> Result<void> { return {}; };
    /// `next` is to open what `old` opens. Called before `old` is removed.
    std::function<Result<void>(WriteTx&, const SshKey& old, const SshKey& next)> replaced =
        [](WriteTx&, const SshKey&, const SshKey&) -> Result<void> { return {}; };
    /// A key was added, is valid again or was proved compromised.
    std::function<void(WriteTx&, AccountId)> changed = [](WriteTx&, AccountId) {};
    /// Keys of accounts that are not named.
    std::function<void(WriteTx&)> any_changed = [](WriteTx&) {};
};

struct SshKeyParts {
    SshKeyStore& store;
    audit::AuditLog& audit;
    const Clock& clock;
    Random& random;
    const SshKeySettings& settings;
    TellOwner tell_owner;
    KeyFollower follower = {};
    /// Whether the account may be given another key, asked behind its lock. Handed in by app/.
    std::function<Result<void>(ReadTx&, AccountId)> check_may_add = {};
};

class SshKeyService {
public:
    explicit SshKeyService(SshKeyParts parts) : p_(std::move(parts)) {}

    /// Errors: ssh-key/limit-reached (LimitReached), ssh-key/already-there, ssh-key/compromised
    /// (Conflict).
    Result<SshKey> add(WriteTx& tx, const Actor& actor, AccountId account, const NewKey& wanted);
    /// Errors: ssh-key/not-found, also for another account's.
    Result<SshKey> rename(WriteTx& tx, const Actor& actor, AccountId account, SshKeyId id,
                          std::string_view name);
    /// `wanted` takes the place of `id`, which is valid for `overlap` more; at zero it is revoked
    /// now. Answers the new key. Errors: those of add() but the limit; ssh-key/rotation-pending
    /// (Conflict): the key replaces one that is still valid, or is being replaced itself.
    Result<SshKey> rotate(WriteTx& tx, const Actor& actor, AccountId account, SshKeyId id,
                          const NewKey& wanted, std::chrono::seconds overlap);
    /// Ends the key that `id` replaced now. Errors: ssh-key/not-found, ssh-key/no-rotation
    /// (Conflict).
    Result<void> end_overlap(WriteTx& tx, const Actor& actor, AccountId account, SshKeyId id);
    /// Errors: ssh-key/not-found.
    Result<void> revoke(WriteTx& tx, const Actor& actor, AccountId account, SshKeyId id,
                        Reason reason);
    /// The key itself said so: it is refused everywhere from this commit on. What it is in is told
    /// to nobody but its owners, some now and the rest by sweep().
    Result<void> report_compromised(WriteTx& tx, const Actor& actor, const PublicKey& key);
    /// Those added in a session that turned out to be somebody else's; how many.
    Result<int> revoke_made_in(WriteTx& tx, const Actor& actor, AccountId account,
                               SessionId session);
    /// After a restore: no key is valid until its owner has confirmed it. How many.
    Result<int> suspend_all(WriteTx& tx, const Actor& actor);
    /// The account is to be secured: none is valid until its owner has confirmed it. How many.
    Result<int> suspend_of(WriteTx& tx, const Actor& actor, AccountId account);
    Result<std::vector<AccountId>> list_suspended_accounts(ReadTx& tx, AccountId after, int limit);
    /// The machine's clock went back: what was over stays over, what ends does so within the
    /// longest overlap. How many ended.
    Result<int> set_back(WriteTx& tx, const Actor& actor, const SetBack& clock);
    /// What the account was when the request was let in.
    enum class Standing : std::uint8_t { Open, Securing };
    /// Errors: ssh-key/not-found, ssh-key/not-suspended (Conflict), account/being-secured where it
    /// was Open and is no more.
    Result<void> confirm(WriteTx& tx, const Actor& actor, AccountId account, SshKeyId id,
                         Standing standing = Standing::Open);
    /// A server let it in. The caller records.
    Result<void> note_use(WriteTx& tx, SshKeyId id, Instant at)
    {
        return p_.store.note_use(tx, id, at);
    }
    /// With the account: rows, silently. The caller records.
    Result<void> erase(WriteTx& tx, AccountId account) { return p_.store.erase(tx, account); }

    /// Newest first; those that are over left out.
    Result<std::vector<SshKey>> list(ReadTx& tx, AccountId account);
    /// Those that are over by time or by proof, and not removed yet.
    Result<std::vector<SshKey>> list_over(ReadTx& tx, AccountId account);
    /// Errors: ssh-key/not-found.
    Result<SshKey> load_one(ReadTx& tx, AccountId account, SshKeyId id);

    /// Removes keys whose end has come or that were proven compromised, and reminds the owners of
    /// old ones. A job.
    Result<void> sweep(Database& db, Instant now);

private:
    /// Locks the account.
    Result<void> check_may_add(WriteTx& tx, AccountId account);
    Result<void> check_new(WriteTx& tx, AccountId account, const PublicKey& key);
    Result<SshKey> insert(WriteTx& tx, const Actor& actor, AccountId account, const NewKey& wanted);
    /// False when it was gone already.
    Result<bool> remove(WriteTx& tx, const Actor& actor, const SshKey& key, Reason reason);
    Result<int> revoke_proven(WriteTx& tx, const Actor& actor);
    Result<int> end_replaced(WriteTx& tx, const Actor& actor, Instant now);
    Result<int> remind(WriteTx& tx, Instant now);
    Result<void> record(WriteTx& tx, const Actor& actor, std::string_view action, const SshKey& key,
                        std::vector<audit::Detail> details);

    SshKeyParts p_;
};

} // namespace keystead::ssh_key
