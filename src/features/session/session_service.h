// features/session/session_service.h
//
// The one place where sessions begin and end. establish() alone makes them, and decides by policy
// whether the evidence suffices; recovery, invitations and links of mails never sign anyone in by
// themselves (security.md items 11, 20, 23).
//
// Invariants: a token works in at most one session; every change of privilege gives a new token and
// kills the old one in the same transaction; once a call that ends a session has been answered, no
// request that begins afterwards is accepted.
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
#include "features/session/session.h"
#include "features/session/session_cache.h"
#include "features/session/session_store.h"
#include "features/totp/totp_service.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace keystead::session {

/// What a flow has proved so far, and of whom.
struct Evidence {
    AccountId account;
    std::int64_t account_epoch = 0; // as read when the first factor was checked
    Methods methods;
};

/// A session with the token that its browser gets.
struct Established {
    Session session;
    Secret token;
    std::string csrf_token;
    std::optional<std::chrono::seconds> cookie_max_age;
};
/// Whether what was proved is the strongest factor of the account: only that makes the session one
/// that was authenticated now (security.md item 21).
enum class Proof : std::uint8_t { Strongest, Weaker };
struct SecondFactorNeeded {};
/// The account has its most sessions: these, newest first; one must end first.
struct SessionsFull {
    std::vector<Session> sessions;
};
/// The account is disabled, or its credentials changed since the evidence was gathered.
struct Refused {};
using Establishment = std::variant<Established, SecondFactorNeeded, SessionsFull, Refused>;

class SessionService final : public account::SessionEnder {
public:
    SessionService(SessionStore& store, account::AccountService& accounts, totp::TotpService& totp,
                   audit::AuditLog& audit, const crypto::KeyRing& keys, const Clock& clock,
                   Random& random, const SessionSettings& settings);

    /// Makes a session if the evidence suffices. Locks the account, so that the most sessions hold
    /// under any race. Records session.create. Errors: those of the statements.
    Result<Establishment> establish(WriteTx& tx, const Actor& actor, const Evidence& evidence,
                                    DeviceTrust trust, const Origin& origin);
    /// New token, `proved` added to its methods. The old token is dead with the commit. NotFound
    /// (session/not-found) when the session ended or its token was replaced meanwhile.
    Result<Established> renew(WriteTx& tx, const Actor& actor, AccountId account, SessionId id,
                              Methods proved, Proof proof);
    /// Notes since when the account has known the browser that a new session began in. A part of
    /// the sign-in, which is recorded.
    Result<void> note_device(WriteTx& tx, SessionId id, Instant known_since);

    /// session/not-found when there is no such session of that account (or of another: the same
    /// answer).
    Result<void> revoke(WriteTx& tx, const Actor& actor, AccountId account, SessionId id,
                        std::string_view reason);
    /// How many it ended.
    Result<int> revoke_others(WriteTx& tx, const Actor& actor, AccountId account, SessionId kept,
                              std::string_view reason);
    /// "This was not me": ends that session, whatever else began in its browser, and every session
    /// in a browser that the account does not know or has come to know only since that session
    /// began: whoever signs in once signs in again. Those it ended.
    Result<std::vector<SessionId>> revoke_unfamiliar(WriteTx& tx, const Actor& actor,
                                                     AccountId account, SessionId named);
    /// Ends every session and raises the account's epoch, so that flows begun before end too.
    Result<void> end_all(WriteTx& tx, const Actor& actor, AccountId account,
                         std::string_view reason);
    Result<void> end_all(WriteTx& tx, const Actor& actor, AccountId account,
                         account::EndReason reason) override;
    /// For who says, stepped up, that the account is compromised: after end_all() another session
    /// takes the place of the one that asked, as strong as that was. The caller locked the account.
    Result<Established> begin_in_place_of(WriteTx& tx, const Actor& actor, const Session& ended);
    /// Everyone's, before anything is served: memory holds none yet. How many it ended.
    Result<int> end_everyones(WriteTx& tx, const Actor& actor, std::string_view reason);
    /// Ends those begun or authenticated after `wall`, which would stay fresh for too long, and
    /// leaves none fresh that no longer was. (What was over, sweep_all() has ended.) How many it
    /// ended.
    Result<int> set_back(WriteTx& tx, const Actor& actor, const SetBack& clock);
    /// Drops what memory holds of the account with this commit: its e-mail or role changed.
    Result<void> forget_cached(WriteTx& tx, AccountId account) override;
    /// D-03: that session may do nothing but step up and sign out until its owner has authenticated
    /// again.
    Result<void> require_authentication(WriteTx& tx, const Actor& actor, AccountId account,
                                        SessionId id);

    Result<std::vector<Session>> list(ReadTx& tx, AccountId account);
    Result<std::optional<Session>> find(ReadTx& tx, AccountId account, SessionId id);

    /// From memory: calls `visit(const CachedSession&)` and answers true if the token is of a live
    /// session there.
    template <class Visit> bool find_cached(std::string_view token_text, Visit&& visit)
    {
        const auto token = mint_.parse(crypto::TokenKind::Session, token_text);
        return token && cache_.find_and_note(token->digest, {clock_.now()}, visit);
    }
    /// Whether the text can be a session's token at all: form, checksum, tag. Needs no look-up.
    bool is_well_formed(std::string_view token_text) const
    {
        return mint_.parse(crypto::TokenKind::Session, token_text).has_value();
    }
    /// The live session of a token, read from the database if need be and then kept in memory.
    Result<std::optional<CachedSession>> load(Database& db, std::string_view token_text);

    /// The anti-forgery token that goes with a cookie's token: HMAC of it, base64url.
    std::string csrf_token(const Digest& token_digest) const;
    /// The same for a cookie that the client holds; empty when it is none of ours.
    std::string csrf_token(std::string_view token_text) const;
    bool csrf_matches(std::string_view token_text, std::string_view csrf_token) const;

    /// Writes last activity behind: a job's share of it, or all when the server stops. The share
    /// bounds what a node with very many active sessions writes; they take turns then.
    enum class ActivityShare : std::uint8_t { OneRun, All };
    Result<void> write_activity(Database& db, ActivityShare share);
    /// Removes sessions that are over, with their records: all whose lifetime has ended, and the
    /// idle ones of the next 50,000 sessions, so that a run costs the same however many there are.
    /// A job, on one thread.
    Result<void> sweep(Database& db, Instant now);
    /// The same of all sessions. Any thread.
    Result<void> sweep_all(Database& db, Instant now);

private:
    Result<Established> create(WriteTx& tx, const Actor& actor, const Evidence& evidence,
                               DeviceTrust trust, const Origin& origin);
    Result<Established> insert(WriteTx& tx, const Actor& actor, Session session);
    Result<void> record(WriteTx& tx, const Actor& actor, std::string_view action,
                        const Session& session, std::string_view reason);
    void drop_after_commit(WriteTx& tx, std::vector<Digest> tokens);
    /// When memory last saw it used; the epoch when it is not there.
    Instant remembered_use(const Digest& token);
    Result<void> write(Database& db, const std::vector<SessionCache::Activity>& activity);
    /// The slice behind `after`; answers up to where, nil at the end.
    Result<SessionId> sweep_from(Database& db, SessionId after, Instant now);
    Result<void> sweep_expired(Database& db, Instant now);
    Result<void> sweep_idle(Database& db, SessionSlice slice, Instant now);
    Result<void> expire(Database& db, const std::vector<Session>& over, Instant now);

    SessionStore& store_;
    account::AccountService& accounts_;
    totp::TotpService& totp_;
    audit::AuditLog& audit_;
    const crypto::KeyRing& keys_;
    crypto::TokenMint mint_;
    const Clock& clock_;
    Random& random_;
    const SessionSettings& settings_;
    SessionCache cache_;
    SessionId swept_up_to_; // sweep()'s own
};

} // namespace keystead::session
