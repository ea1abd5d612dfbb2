// features/host/host_service.h
//
// The servers of an account: registered, enrolled once, followed, removed.
//
// Invariants: at most so many an account, whatever races; an enrolment token gives one server a
// token, once; once a call that ends a token has been answered, no request that begins afterwards
// is accepted with it; a key that opened a server and does no longer leaves a removal there, in the
// transaction that ended it. Whoever writes or confirms removals holds the account's lock, so that
// none is confirmed by a server that had not heard of it.
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/set_back.h"
#include "core/settings.h"
#include "crypto/keys.h"
#include "crypto/token.h"
#include "features/account/account_service.h"
#include "features/audit/audit_log.h"
#include "features/host/cached_host.h"
#include "features/host/host_content_service.h"
#include "features/host/host_store.h"
#include "features/ssh_key/ssh_key_service.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::host {

struct HostParts {
    HostStore& store;
    HostRecordStore& records;
    HostContentService& contents;
    account::AccountService& accounts;
    ssh_key::SshKeyService& ssh_keys;
    audit::AuditLog& audit;
    const crypto::KeyRing& keys;
    const Clock& clock;
    Random& random;
    const HostSettings& settings;
};

struct NewHost {
    std::string name;
    std::vector<std::string> login_users;
    std::optional<std::vector<SshKeyId>> keys; // nothing: all, also later ones
    CreatedBy by = CreatedBy::Owner;
};

struct HostChange {
    std::optional<std::string> name;
    std::optional<std::vector<std::string>> login_users;
    enum class Keys : std::uint8_t { AsBefore, All, Chosen } keys = Keys::AsBefore;
    std::vector<SshKeyId> chosen;
};

/// A server with the token that enrolls it, shown once.
struct Made {
    Host host;
    Secret enrolment;
    crypto::Ed25519PublicKey answer_key;
};

struct Enrolled {
    Secret token;
    crypto::Ed25519PublicKey answer_key;
};

/// A server as its owner sees it.
struct HostView {
    Host host;
    std::vector<SshKeyId> chosen;
    std::int64_t removals_pending = 0;
    std::int64_t open_sessions = 0;
    std::optional<Instant> cache_ends_at; // when what it was last told ends
};

/// More than any setting's "at most", which may have been higher once: what must reach all of an
/// account's servers goes by this.
inline constexpr int kHostsListedMax = 10'000;
/// How records name whose keys open a server.
inline constexpr std::string_view kAllKeys = "all";
inline constexpr std::string_view kChosenKeys = "chosen";
/// The first twenty.
std::string ids_text(const std::vector<SshKeyId>& keys);

class HostService {
public:
    explicit HostService(HostParts parts);

    /// Errors: host/limit-reached (LimitReached), host/unknown-key, host/login-user (InvalidInput).
    Result<Made> create(WriteTx& tx, const Actor& actor, AccountId account, const NewHost& wanted);
    /// Errors: host/not-found, also for another account's; host/unknown-key, host/login-user.
    Result<Host> change(WriteTx& tx, const Actor& actor, AccountId account, HostId id,
                        const HostChange& wanted);
    /// The server's tokens and keys end with it. Errors: host/not-found.
    Result<void> remove(WriteTx& tx, const Actor& actor, AccountId account, HostId id);
    /// Another enrolment token; the one before ends, and so does the server's own. Errors:
    /// host/not-found.
    Result<Made> renew_enrolment(WriteTx& tx, const Actor& actor, AccountId account, HostId id);
    /// Lets a server in again that a restored back-up suspended. Errors: host/not-found,
    /// host/not-suspended (Conflict).
    Result<void> confirm(WriteTx& tx, const Actor& actor, AccountId account, HostId id);
    /// With the token that a request came with. Errors: host/required (Unauthenticated: used
    /// meanwhile, over, or the server is gone).
    Result<Enrolled> enroll(WriteTx& tx, const Actor& actor, const Holder& holder,
                            const Digest& enrolment, const Enrolment& what);

    /// Newest first, those older than `before`.
    Result<std::vector<HostView>> list(ReadTx& tx, AccountId account, std::optional<HostId> before,
                                       int limit);
    /// Fills in what memory knows better than the store.
    void complete(std::vector<Removal>& removals);
    /// Errors: host/not-found.
    Result<HostView> load_one(ReadTx& tx, AccountId account, HostId id);
    Result<std::vector<Host>> list_all(ReadTx& tx, HostId after, int limit)
    {
        return p_.store.list_all(tx, after, limit);
    }
    /// Errors: host/not-found.
    Result<Host> find_or_refuse(ReadTx& tx, std::optional<AccountId> account, HostId id);

    // What happens to keys and accounts, in the transaction in which it does.
    Result<void> key_removed(WriteTx& tx, const ssh_key::SshKey& key);
    Result<void> key_replaced(WriteTx& tx, const ssh_key::SshKey& old, const ssh_key::SshKey& next);
    /// After the account was disabled or its keys suspended: removals of all that open nothing now.
    Result<void> follow_account(WriteTx& tx, AccountId account);
    Result<void> erase(WriteTx& tx, AccountId account);
    /// After a restore: enrolment tokens are dead, and no server hears anything before its owner
    /// has confirmed it. How many.
    Result<int> suspend_all(WriteTx& tx, const Actor& actor);
    /// Of a back-up that was made at `made_at`: it knows nothing of servers registered since.
    Result<void> note_restore(WriteTx& tx, Instant made_at);
    Result<int> set_back(WriteTx& tx, const Actor& actor, const SetBack& clock);

    using ParsedToken = crypto::TokenMint::Parsed;
    /// Nothing unless it is one that we gave out: form, checksum and tag are right. No look-up.
    std::optional<ParsedToken> parse(std::string_view token_text) const
    {
        return mint_.parse(crypto::TokenKind::Host, token_text);
    }
    std::optional<ParsedToken> parse_enrolment(std::string_view token_text) const
    {
        return mint_.parse(crypto::TokenKind::Enrolment, token_text);
    }
    /// From memory; notes that the server was heard of.
    std::optional<Holder> find_cached(const ParsedToken& token);
    /// The server of a live token, read if need be and then kept in memory. Errors:
    /// host/suspended (Unavailable: the back-up that was restored may not know the token).
    Result<std::optional<Holder>> load(Database& db, const ParsedToken& token);
    /// A signed statement that the token is over, for the server that holds it: what is not signed
    /// ends no rental. Errors: host/required (Unauthenticated: none that we gave out),
    /// host/not-ended (Conflict), host/suspended.
    Result<std::string> prove_end(Database& db, std::string_view token_text);
    Result<std::optional<Holder>> load_enrolment(Database& db, const ParsedToken& token);

    /// A job, at most every 15 s, and once when the server stops.
    Result<void> write_seen(Database& db);

private:
    Result<void> check_wanted(ReadTx& tx, AccountId account, const std::vector<std::string>& users,
                              const std::vector<SshKeyId>& keys);
    Result<void> choose(WriteTx& tx, HostId id, const std::vector<SshKeyId>& keys);
    Result<void> lock_open(WriteTx& tx, AccountId account);
    Result<void> add_removals(WriteTx& tx, const Host& host,
                              const std::vector<ssh_key::SshKey>& keys);
    Result<void> change_keys(WriteTx& tx, Host& host, const HostChange& wanted);
    Result<void> note_login_users(WriteTx& tx, const Host& before, const Host& after);
    /// Removals of what may no longer log in. Answers what changed, for the record.
    Result<std::vector<audit::Detail>> follow_change(WriteTx& tx, const Host& before,
                                                     const std::vector<SshKeyId>& chosen_before,
                                                     const Host& after);
    Result<void> record(WriteTx& tx, const Actor& actor, std::string_view action, const Host& host,
                        std::vector<audit::Detail> details = {});
    /// Of a token that no row has. Errors: host/suspended.
    Result<void> check_not_lost(ReadTx& tx, HostId id);
    void end_token(WriteTx& tx, const Host& host);
    HostView view_of(Host host);
    /// Moves `seen_at` to what memory knows; answers when what the server was last told ends.
    std::optional<Instant> cache_end(const std::optional<Digest>& token,
                                     std::optional<Instant>& seen_at);

    HostParts p_;
    crypto::TokenMint mint_;
    HostCache cache_;
};

} // namespace keystead::host
