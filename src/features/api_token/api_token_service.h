// features/api_token/api_token_service.h
//
// Makes, rotates, checks and ends API tokens.
//
// Invariants: at most so many live ones an account, whatever races; a token never holds more than
// its owner may do; once a call that ends a token or a secret has been answered, no request that
// begins afterwards is accepted with it.
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/set_back.h"
#include "core/settings.h"
#include "crypto/keys.h"
#include "crypto/token.h"
#include "features/account/account_service.h"
#include "features/api_token/api_token.h"
#include "features/api_token/api_token_store.h"
#include "features/audit/audit_log.h"
#include "features/notify/notify_service.h"
#include "features/permission/permission_service.h"
#include "storage/database.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::api_token {

/// What the owner of tokens may do: no token of hers holds more. Asked when a token is made and
/// when it is read into memory; whoever changes the answer calls forget_cached().
using OwnersRights = std::function<Result<PermissionSet>(ReadTx&, AccountId)>;
using TellOwner = std::function<Result<void>(WriteTx&, const Actor&, AccountId, notify::Purpose,
                                             const notify::Facts&)>;

struct NewToken {
    std::string name;
    Kind kind = Kind::Custom;
    std::vector<std::string> permissions; // Custom alone
    std::vector<IpRange> addresses;
    std::optional<Instant> expires_at;
};

/// A token with the secret that is shown once.
struct Made {
    ApiToken token;
    Secret secret;
    std::optional<Instant> old_secret_ends_at;
};

enum class Surrender : std::uint8_t { Unknown, OldSecretEnded, Revoked };

struct ApiTokenParts {
    ApiTokenStore& store;
    account::AccountService& accounts;
    permission::PermissionService& permissions;
    audit::AuditLog& audit;
    const crypto::KeyRing& keys;
    const Clock& clock;
    Random& random;
    const ApiTokenSettings& settings;
    OwnersRights owners_rights;
    TellOwner tell_owner;
};

class ApiTokenService {
public:
    explicit ApiTokenService(ApiTokenParts parts);

    /// Errors: token/limit-reached (LimitReached), token/unknown-permission, token/kind-not-offered
    /// (InvalidInput), token/exceeds-owner (Forbidden).
    Result<Made> create(WriteTx& tx, const Actor& actor, AccountId account, const NewToken& wanted);
    /// A new secret; the current one works for `overlap` more. Errors: token/not-found,
    /// token/rotation-pending (Conflict): two secrets work already; token/expired (Conflict).
    Result<Made> rotate(WriteTx& tx, const Actor& actor, AccountId account, TokenId id,
                        std::chrono::seconds overlap);
    /// Ends the old secret of a rotation now. Errors: token/not-found, token/no-rotation
    /// (Conflict).
    Result<void> end_overlap(WriteTx& tx, const Actor& actor, AccountId account, TokenId id);
    /// Errors: token/not-found, also for another account's.
    Result<void> revoke(WriteTx& tx, const Actor& actor, AccountId account, TokenId id,
                        std::string_view reason);
    /// By its holder: ends what that secret opens.
    Result<Surrender> surrender(WriteTx& tx, const Actor& actor, std::string_view token_text);
    /// Every token of the account; how many. The owner is not told: the caller's act is larger.
    Result<int> revoke_all(WriteTx& tx, const Actor& actor, AccountId account,
                           std::string_view reason);
    /// Those made in a session that turned out to be somebody else's.
    Result<int> revoke_made_in(WriteTx& tx, const Actor& actor, AccountId account,
                               SessionId session);
    /// After a restore: no token works until its owner has confirmed it. How many.
    Result<int> suspend_all(WriteTx& tx, const Actor& actor);
    /// The account is to be secured: none works until its owner has replaced it. How many.
    Result<int> suspend_of(WriteTx& tx, const Actor& actor, AccountId account);
    /// A new secret in place of whatever opened the token; a suspension is over with it. Errors:
    /// token/not-found, token/expired (Conflict).
    Result<Made> replace(WriteTx& tx, const Actor& actor, AccountId account, TokenId id);
    /// Whose tokens are suspended, in order of their ids.
    Result<std::vector<AccountId>> list_suspended_accounts(ReadTx& tx, AccountId after, int limit);
    /// What had expired by `seen` is suspended until its owner confirms it, who is told: whether
    /// that time was the right one nobody knows. Old secrets that had ended go; what was made after
    /// `wall` is as if made then. How many it suspended.
    Result<int> set_back(WriteTx& tx, const Actor& actor, const SetBack& clock);
    /// Errors: token/not-found, token/not-suspended (Conflict).
    Result<void> confirm(WriteTx& tx, const Actor& actor, AccountId account, TokenId id);
    /// With the account: rows, silently. The caller records.
    Result<void> erase(WriteTx& tx, AccountId account);
    /// Memory reads the account's tokens anew with this commit: its state or rights changed.
    Result<void> forget_cached(WriteTx& tx, AccountId account);

    Result<std::vector<Listed>> list(ReadTx& tx, AccountId account);
    /// Errors: token/not-found.
    Result<Listed> load_one(ReadTx& tx, AccountId account, TokenId id);

    using ParsedToken = crypto::TokenMint::Parsed;
    /// Nothing unless it is one that we gave out: form, checksum and tag are right. No look-up.
    std::optional<ParsedToken> parse(std::string_view token_text) const
    {
        return mint_.parse(crypto::TokenKind::Personal, token_text);
    }
    /// From memory: notes the use, calls `visit(const CachedToken&)` and answers true if the token
    /// is a live one there.
    template <class Visit>
    bool find_cached(const ParsedToken& token, const CachedToken::Use& use, Visit&& visit)
    {
        return cache_.find_and_note(token.digest, use, visit);
    }
    /// The live token, read if need be and then kept in memory; its use is noted.
    Result<std::optional<CachedToken>> load(Database& db, std::string_view token_text,
                                            const CachedToken::Use& use);
    TokenCache& cache() { return cache_; }

    /// Removes tokens that expired a month ago, and old secrets' rows. A job.
    Result<void> sweep(Database& db, Instant now);

private:
    Result<PermissionSet> wanted_permissions(ReadTx& tx, AccountId account, const NewToken& wanted);
    Result<ApiToken> find_or_refuse(ReadTx& tx, AccountId account, TokenId id);
    Result<std::optional<CachedToken>> cached_form(ReadTx& tx, const Held& held);
    Result<void> record(WriteTx& tx, const Actor& actor, std::string_view action,
                        const ApiToken& token, std::vector<audit::Detail> details);
    Result<void> remove(WriteTx& tx, const Actor& actor, const ApiToken& token,
                        std::string_view action, std::string_view reason);
    void drop_after_commit(WriteTx& tx, std::vector<Digest> digests);

    ApiTokenParts p_;
    crypto::TokenMint mint_;
    TokenCache cache_;
};

} // namespace keystead::api_token
