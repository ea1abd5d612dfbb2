#include "features/session/session_service.h"

#include "crypto/anti_forgery.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace keystead::session {
namespace {

constexpr int kSessionsListed = 1000; // more than any preset's "at most"
constexpr int kSweepBatch = 200;
constexpr int kSweepSlice = 50'000;
constexpr std::size_t kActivityOfOneRun = 10'000;

CachedSession cached_form(const Session& session, const account::Account& account)
{
    CachedSession cached;
    cached.session = session.id;
    cached.account = session.account;
    cached.authenticated_at = session.authenticated_at;
    cached.last_active_at = session.last_active_at;
    if (session.expires_at) {
        cached.expires_at_us = to_micros(*session.expires_at);
    }
    if (session.idle_timeout) {
        cached.idle_timeout =
            std::chrono::ceil<decltype(cached.idle_timeout)>(*session.idle_timeout);
    }
    cached.is_operator = account.is_operator();
    cached.must_authenticate = session.must_authenticate;
    cached.is_restricted = account.is_being_secured();
    cached.email = CompactText(account.email.text());
    return cached;
}

std::string_view reason_text(account::EndReason reason)
{
    switch (reason) {
    case account::EndReason::EmailUndone: return "email-undone";
    case account::EndReason::AccountDisabled: return "account-disabled";
    case account::EndReason::AccountErased: return "account-erased";
    }
    std::abort();
}

/// When the session was made, also when it has ended: its id is a UUIDv7, whose first 48 bits are
/// milliseconds (RFC 9562 §5.7).
Instant begun_at(SessionId id)
{
    std::int64_t millis = 0;
    for (std::size_t i = 0; i < 6; ++i) {
        millis = (millis << 8) | std::to_integer<std::int64_t>(id.bytes()[i]);
    }
    return Instant{std::chrono::milliseconds{millis}};
}

} // namespace

SessionService::SessionService(SessionStore& store, account::AccountService& accounts,
                               totp::TotpService& totp, audit::AuditLog& audit,
                               const crypto::KeyRing& keys, const Clock& clock, Random& random,
                               const SessionSettings& settings)
    : store_(store), accounts_(accounts), totp_(totp), audit_(audit), keys_(keys),
      mint_(keys, random), clock_(clock), random_(random), settings_(settings),
      cache_(settings.cache_entries_max)
{
}

Result<Establishment> SessionService::establish(WriteTx& tx, const Actor& actor,
                                                const Evidence& evidence, DeviceTrust trust,
                                                const Origin& origin)
{
    // The lock orders this against every change of the account's credentials and against other
    // sign-ins.
    KS_CHECK(tx.lock(evidence.account));
    KS_TRY(const auto account, accounts_.find(tx, evidence.account));
    if (!account || !account->is_active() || account->epoch != evidence.account_epoch ||
        !evidence.methods.has_first_factor()) {
        return Establishment{Refused{}};
    }
    KS_TRY(const bool has_second_factor, totp_.has_confirmed(tx, evidence.account));
    if (has_second_factor && !evidence.methods.has_second_factor()) {
        return Establishment{SecondFactorNeeded{}};
    }
    const Instant now = clock_.now();
    KS_TRY([[maybe_unused]] const auto live, store_.count_live(tx, evidence.account, now));
#ifndef KEYSTEAD_WITHOUT_SESSION_LIMIT
    if (live >= settings_.at_most) {
        if (settings_.when_full == WhenSessionsFull::Ask) {
            KS_TRY(auto sessions, list(tx, evidence.account));
            return Establishment{SessionsFull{std::move(sessions)}};
        }
        KS_TRY(const auto stalest, store_.find_stalest(tx, evidence.account, now));
        if (stalest) {
            KS_CHECK(revoke(tx, actor, evidence.account, stalest->id, "most-sessions-reached"));
        }
    }
#endif
    KS_TRY(auto established, create(tx, actor, evidence, trust, origin));
    return Establishment{std::move(established)};
}

Result<Established> SessionService::create(WriteTx& tx, const Actor& actor,
                                           const Evidence& evidence, DeviceTrust trust,
                                           const Origin& origin)
{
    const Instant now = clock_.now();
    const Lifetimes limits = lifetimes(settings_, trust, now);
    Session session;
    session.id = SessionId::make(now, random_);
    session.account = evidence.account;
    session.created_at = session.authenticated_at = session.last_active_at = now;
    session.expires_at = limits.expires_at;
    session.idle_timeout = limits.idle_timeout;
    session.trust = trust;
    session.methods = evidence.methods;
    session.origin = origin;
    return insert(tx, actor, std::move(session));
}

Result<Established> SessionService::insert(WriteTx& tx, const Actor& actor, Session session)
{
    auto token = mint_.make(crypto::TokenKind::Session, session.id.bytes());
    session.token_digest = token.digest;
    KS_CHECK(store_.insert(tx, session));
    KS_CHECK(record(tx, actor, "session.create", session, session.methods.stored()));
    const auto max_age = lifetimes(settings_, session.trust, session.created_at).cookie_max_age;
    auto csrf = csrf_token(token.digest);
    return Established{std::move(session), std::move(token.text), std::move(csrf), max_age};
}

Result<Established> SessionService::renew(WriteTx& tx, const Actor& actor, AccountId account,
                                          SessionId id, Methods proved, Proof proof)
{
    // Ordered against forget_cached(): it must see the new token, or what memory holds under it
    // would stay.
    KS_CHECK(tx.lock(account));
    KS_TRY(auto found, store_.find(tx, account, id));
    if (!found) {
        return Error{ErrorKind::NotFound, "session/not-found", "That session has ended."};
    }
    Session session = *std::move(found);
    const Digest old_token = session.token_digest;
    auto token = mint_.make(crypto::TokenKind::Session, random_bytes<16>(random_));
    session.token_digest = token.digest;
    if (proof == Proof::Strongest) {
        session.authenticated_at = clock_.now();
        session.must_authenticate = false;
    }
    session.methods = session.methods.with(proved);
    KS_TRY(const bool replaced, store_.replace_token(tx, session, old_token));
    if (!replaced) {
        return Error{ErrorKind::NotFound, "session/not-found", "That session has ended."};
    }
    KS_CHECK(record(tx, actor, "session.renew", session, session.methods.stored()));
    drop_after_commit(tx, {old_token});
    const auto max_age = lifetimes(settings_, session.trust, session.created_at).cookie_max_age;
    auto csrf = csrf_token(token.digest);
    return Established{std::move(session), std::move(token.text), std::move(csrf), max_age};
}

Result<void> SessionService::revoke(WriteTx& tx, const Actor& actor, AccountId account,
                                    SessionId id, std::string_view reason)
{
    KS_TRY(const auto token, store_.remove(tx, account, id));
    if (!token) {
        return Error{ErrorKind::NotFound, "session/not-found", "There is no such session."};
    }
    KS_CHECK(audit_.append(tx, {.actor = actor,
                                .action = "session.revoke",
                                .account = account,
                                .target = {"session", id.text()},
                                .details = {{"reason", std::string(reason)}}}));
    drop_after_commit(tx, {*token});
    return {};
}

Result<int> SessionService::revoke_others(WriteTx& tx, const Actor& actor, AccountId account,
                                          SessionId kept, std::string_view reason)
{
    KS_TRY(auto tokens, store_.remove_others(tx, account, kept));
    const int count = static_cast<int>(tokens.size());
    KS_CHECK(audit_.append(
        tx, {.actor = actor,
             .action = "session.revoke-others",
             .account = account,
             .target = {"account", account.text()},
             .details = {{"reason", std::string(reason)}, {"count", std::to_string(count)}}}));
    drop_after_commit(tx, std::move(tokens));
    return count;
}

Result<void> SessionService::note_device(WriteTx& tx, SessionId id, Instant known_since)
{
    return store_.set_device_known_since(tx, id, known_since);
}

Result<std::vector<SessionId>> SessionService::revoke_unfamiliar(WriteTx& tx, const Actor& actor,
                                                                 AccountId account, SessionId named)
{
    KS_TRY(const auto removed, store_.remove_unfamiliar(tx, account, named, begun_at(named)));
    std::vector<SessionId> ended;
    std::vector<Digest> tokens;
    for (const auto& session : removed) {
        ended.push_back(session.id);
        tokens.push_back(session.token);
    }
    KS_CHECK(audit_.append(
        tx, {.actor = actor,
             .action = "session.revoke-unfamiliar",
             .account = account,
             .target = {"session", named.text()},
             .details = {{"reason", "not-me"}, {"count", std::to_string(ended.size())}}}));
    drop_after_commit(tx, std::move(tokens));
    return ended;
}

Result<void> SessionService::end_all(WriteTx& tx, const Actor& actor, AccountId account,
                                     std::string_view reason)
{
    KS_TRY([[maybe_unused]] const auto epoch, accounts_.raise_epoch(tx, account));
    KS_TRY(auto tokens, store_.remove_all(tx, account));
    KS_CHECK(audit_.append(tx, {.actor = actor,
                                .action = "session.revoke-all",
                                .account = account,
                                .target = {"account", account.text()},
                                .details = {{"reason", std::string(reason)},
                                            {"count", std::to_string(tokens.size())}}}));
    drop_after_commit(tx, std::move(tokens));
    return {};
}

Result<void> SessionService::end_all(WriteTx& tx, const Actor& actor, AccountId account,
                                     account::EndReason reason)
{
    return end_all(tx, actor, account, reason_text(reason));
}

Result<Established> SessionService::begin_in_place_of(WriteTx& tx, const Actor& actor,
                                                      const Session& ended)
{
    KS_ASSERT(!actor.session.is_nil() && actor.session == ended.id);
    // Nothing was proved anew: it is as fresh as the other was, and ends when that would have.
    Session session = ended;
    session.id = SessionId::make(clock_.now(), random_);
    session.created_at = session.last_active_at = clock_.now();
#ifdef KEYSTEAD_WITHOUT_SECURE_FRESHNESS
    session.authenticated_at = session.created_at;
#endif
    return insert(tx, actor, std::move(session));
}

Result<void> SessionService::forget_cached(WriteTx& tx, AccountId account)
{
    KS_TRY(auto tokens, store_.list_tokens(tx, account));
    drop_after_commit(tx, std::move(tokens));
    return {};
}

Result<void> SessionService::require_authentication(WriteTx& tx, const Actor& actor,
                                                    AccountId account, SessionId id)
{
    KS_TRY(const auto token, store_.set_must_authenticate(tx, account, id));
    if (!token) {
        return Error{ErrorKind::NotFound, "session/not-found", "There is no such session."};
    }
    KS_CHECK(audit_.append(tx, {.actor = actor,
                                .action = "session.require-authentication",
                                .account = account,
                                .target = {"session", id.text()}}));
    drop_after_commit(tx, {*token});
    return {};
}

Result<std::vector<Session>> SessionService::list(ReadTx& tx, AccountId account)
{
    KS_TRY(auto sessions, store_.list(tx, account, kSessionsListed));
    const Instant now = clock_.now();
    std::erase_if(sessions, [now](const Session& session) { return session.is_over(now); });
    return sessions;
}

Result<std::optional<Session>> SessionService::find(ReadTx& tx, AccountId account, SessionId id)
{
    return store_.find(tx, account, id);
}

Result<std::optional<CachedSession>> SessionService::load(Database& db, std::string_view token_text)
{
    const auto token = mint_.parse(crypto::TokenKind::Session, token_text);
    if (!token) {
        return std::optional<CachedSession>{};
    }
    const auto epoch =
        cache_.epoch_of(token->digest); // Before the row is read: see session_cache.h.
    KS_TRY(auto loaded, db.read([&](ReadTx& tx) -> Result<std::optional<CachedSession>> {
        KS_TRY(const auto session, store_.find_by_token(tx, token->digest));
        if (!session) {
            return std::optional<CachedSession>{};
        }
        KS_TRY(const auto account, accounts_.find(tx, session->account));
        if (!account || !account->is_active()) {
            return std::optional<CachedSession>{};
        }
        return std::optional{cached_form(*session, *account)};
    }));
    if (loaded) { // The row may lag behind what memory knows.
        loaded->last_active_at = std::max(loaded->last_active_at, remembered_use(token->digest));
    }
    if (!loaded || loaded->is_over(clock_.now())) {
        return std::optional<CachedSession>{};
    }
    cache_.insert(token->digest, *loaded, epoch);
    cache_.find_and_note(token->digest, {clock_.now()}, [](const CachedSession&) {});
    return loaded;
}

std::string SessionService::csrf_token(const Digest& token_digest) const
{
    return crypto::anti_forgery_token(keys_, token_digest);
}

std::string SessionService::csrf_token(std::string_view token_text) const
{
    const auto token = mint_.parse(crypto::TokenKind::Session, token_text);
    return token ? csrf_token(token->digest) : std::string{};
}

bool SessionService::csrf_matches(std::string_view token_text, std::string_view csrf) const
{
    const auto token = mint_.parse(crypto::TokenKind::Session, token_text);
    return token && crypto::anti_forgery_matches(keys_, token->digest, csrf);
}

Result<void> SessionService::write_activity(Database& db, ActivityShare share)
{
    const bool all = share == ActivityShare::All;
    return write(db, cache_.take_activity(all ? settings_.cache_entries_max : kActivityOfOneRun));
}

Result<void> SessionService::write(Database& db,
                                   const std::vector<SessionCache::Activity>& activity)
{
    constexpr std::size_t kBatch = 1000;
    for (std::size_t begin = 0; begin < activity.size(); begin += kBatch) {
        const auto end = std::min(begin + kBatch, activity.size());
        KS_CHECK(db.upkeep([&](UpkeepTx& tx) -> Result<void> {
            for (std::size_t i = begin; i < end; ++i) {
                KS_CHECK(
                    store_.record_activity(tx, activity[i].session, activity[i].last_active_at));
            }
            return {};
        }));
    }
    return {};
}

Result<void> SessionService::sweep(Database& db, Instant now)
{
    KS_TRY(swept_up_to_, sweep_from(db, swept_up_to_, now));
    return {};
}

Result<void> SessionService::sweep_all(Database& db, Instant now)
{
    SessionId up_to;
    do {
        KS_TRY(up_to, sweep_from(db, up_to, now));
    } while (!up_to.is_nil());
    return {};
}

Result<SessionId> SessionService::sweep_from(Database& db, SessionId after, Instant now)
{
    KS_CHECK(sweep_expired(db, now));
    KS_TRY(const auto slice,
           db.read([&](ReadTx& tx) { return store_.slice_after(tx, after, kSweepSlice); }));
    KS_CHECK(sweep_idle(db, slice, now));
    KS_CHECK(db.upkeep([&](UpkeepTx& tx) { return store_.sweep_activity(tx, slice); }));
    return slice.is_end ? SessionId{} : slice.last;
}

Result<void> SessionService::sweep_expired(Database& db, Instant now)
{
    for (;;) {
        KS_TRY(const auto over,
               db.read([&](ReadTx& tx) { return store_.list_expired(tx, now, kSweepBatch); }));
        KS_CHECK(expire(db, over, now));
        if (over.size() < kSweepBatch) {
            return {};
        }
    }
}

Result<void> SessionService::sweep_idle(Database& db, SessionSlice slice, Instant now)
{
    for (;;) {
        KS_TRY(auto over,
               db.read([&](ReadTx& tx) { return store_.list_idle(tx, slice, now, kSweepBatch); }));
        const bool is_last = over.size() < kSweepBatch;
        if (!is_last) {
            slice.after = over.back().id;
        }
        // Memory may know of later activity than the rows: nothing still used looks silent.
        std::erase_if(over, [&](Session& session) {
            session.last_active_at =
                std::max(session.last_active_at, remembered_use(session.token_digest));
            return !session.is_over(now);
        });
        KS_CHECK(
            write(db, cache_.take_activity(0))); // What was evicted is known to the rows alone.
        KS_CHECK(expire(db, over, now));
        if (is_last) {
            return {};
        }
    }
}

Instant SessionService::remembered_use(const Digest& token)
{
    Instant last{};
    cache_.peek(token, [&](const CachedSession& session) { last = session.last_active_at; });
    return last;
}

/// Those that their rows still say are over.
Result<void> SessionService::expire(Database& db, const std::vector<Session>& over, Instant now)
{
    if (over.empty()) {
        return {};
    }
    const Actor system{.kind = ActorKind::System};
    return db.write([&](WriteTx& tx) -> Result<void> {
        for (const Session& session : over) {
            KS_TRY(const auto current, store_.find(tx, session.account, session.id));
            if (!current || !current->is_over(now)) {
                continue;
            }
            KS_TRY(const auto token, store_.remove(tx, session.account, session.id));
            if (token) {
                KS_CHECK(record(tx, system, "session.expire", session, "time"));
                drop_after_commit(tx, {*token});
            }
        }
        return {};
    });
}

Result<int> SessionService::end_everyones(WriteTx& tx, const Actor& actor, std::string_view reason)
{
    KS_TRY(const int count, store_.remove_of_everyone(tx));
    KS_CHECK(audit_.append(
        tx, {.actor = actor,
             .action = "session.revoke-everyones",
             .details = {{"reason", std::string(reason)}, {"count", std::to_string(count)}}}));
    return count;
}

Result<int> SessionService::set_back(WriteTx& tx, const Actor& actor, const SetBack& clock)
{
    KS_TRY(const auto ended, store_.remove_begun_after(tx, clock.wall));
    const auto age = settings_.step_up_age;
    KS_CHECK(store_.make_stale(tx, clock.wall - age, clock.seen - age));
    KS_CHECK(store_.bound_activity(tx, clock.wall));
    tx.after_commit([this] { cache_.clear(); }); // It has noted uses by the time that was.
    if (!ended.empty()) {
        KS_CHECK(audit_.append(tx, {.actor = actor,
                                    .action = "session.revoke-everyones",
                                    .details = {{"reason", "clock-set-back"},
                                                {"count", std::to_string(ended.size())}}}));
    }
    return static_cast<int>(ended.size());
}

Result<void> SessionService::record(WriteTx& tx, const Actor& actor, std::string_view action,
                                    const Session& session, std::string_view reason)
{
    return audit_.append(tx, {.actor = actor,
                              .action = action,
                              .account = session.account,
                              .target = {"session", session.id.text()},
                              .details = {{"by", std::string(reason)}}});
}

void SessionService::drop_after_commit(WriteTx& tx, std::vector<Digest> tokens)
{
    tx.after_commit([this, tokens = std::move(tokens)] { cache_.remove(tokens); });
}

} // namespace keystead::session
