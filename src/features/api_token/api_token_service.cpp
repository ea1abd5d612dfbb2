#include "features/api_token/api_token_service.h"

#include <algorithm>
#include <utility>

namespace keystead::api_token {
namespace {

constexpr int kListedMax = 2000; // more than any setting's "at most", expired ones too
constexpr int kSweepBatch = 200;
constexpr std::chrono::hours kExpiredShown{30 * 24};

Error not_found()
{
    return {ErrorKind::NotFound, "token/not-found", "There is no such token."};
}

} // namespace

ApiTokenService::ApiTokenService(ApiTokenParts parts)
    : p_(std::move(parts)), mint_(p_.keys, p_.random), cache_(p_.settings.cache_entries_max)
{
}

Result<PermissionSet> ApiTokenService::wanted_permissions(ReadTx& tx, AccountId account,
                                                          const NewToken& wanted)
{
    const std::vector<std::string>* names = nullptr;
    switch (wanted.kind) {
    case Kind::ReadOnly: names = &p_.settings.read_only; break;
    case Kind::Deploy: names = &p_.settings.deploy; break;
    case Kind::Admin: names = &p_.settings.admin; break;
    case Kind::Custom: names = &wanted.permissions; break;
    }
    if (names->empty()) {
        return Error{ErrorKind::InvalidInput, "token/kind-not-offered",
                     "There is no such kind of token here, or no permission was chosen."};
    }
    const auto set = p_.permissions.set_of(*names);
    if (!set) {
        return Error{ErrorKind::InvalidInput, "token/unknown-permission",
                     "One of the permissions is not in the catalogue."};
    }
    KS_TRY([[maybe_unused]] const PermissionSet owners, p_.owners_rights(tx, account));
#ifndef KEYSTEAD_WITHOUT_TOKEN_CAP
    if (!owners.contains(p_.permissions.effective(*set))) {
        return Error{ErrorKind::Forbidden, "token/exceeds-owner",
                     "A token cannot hold more than you may do yourself."};
    }
#endif
    return *set;
}

Result<Made> ApiTokenService::create(WriteTx& tx, const Actor& actor, AccountId account,
                                     const NewToken& wanted)
{
    KS_CHECK(tx.lock(account)); // So that the count below holds until the row is there.
    KS_CHECK(p_.accounts.check_not_being_secured(tx, account));
    const Instant now = p_.clock.now();
    KS_TRY([[maybe_unused]] const auto live, p_.store.count_live(tx, account, now));
#ifndef KEYSTEAD_WITHOUT_TOKEN_LIMIT
    if (live >= p_.settings.at_most) {
        return Error{ErrorKind::LimitReached, "token/limit-reached",
                     "An account has at most " + std::to_string(p_.settings.at_most) +
                         " API keys here. Revoke one first."};
    }
#endif
    ApiToken token;
    token.id = TokenId::make(now, p_.random);
    token.account = account;
    token.name = wanted.name;
    token.kind = wanted.kind;
    KS_TRY(token.permissions, wanted_permissions(tx, account, wanted));
    token.addresses = wanted.addresses;
    token.created_at = now;
    if (!actor.session.is_nil()) {
        token.created_in = actor.session;
    }
    token.expires_at = wanted.expires_at;
    auto minted = mint_.make(crypto::TokenKind::Personal, token.id.bytes());
    KS_CHECK(p_.store.insert(tx, token));
    KS_CHECK(p_.store.insert_secret(tx, token.id, minted.digest, now));
    KS_CHECK(record(tx, actor, "token.create", token,
                    {{"kind", std::string(kind_text(token.kind))},
                     {"permissions", p_.permissions.scope_of(token.permissions)}}));
    KS_CHECK(p_.tell_owner(
        tx, actor, account, notify::Purpose::TokenCreated,
        {{"token", token.name}, {"permissions", p_.permissions.scope_of(token.permissions)}}));
    return Made{std::move(token), std::move(minted.text), std::nullopt};
}

Result<Made> ApiTokenService::rotate(WriteTx& tx, const Actor& actor, AccountId account, TokenId id,
                                     std::chrono::seconds overlap)
{
    KS_CHECK(tx.lock(account));
    KS_CHECK(p_.accounts.check_not_being_secured(tx, account));
    KS_TRY(ApiToken token, find_or_refuse(tx, account, id));
    const Instant now = p_.clock.now();
    if (token.state(now) == State::Expired) {
        return Error{ErrorKind::Conflict, "token/expired",
                     "This token has expired. Make another one."};
    }
    KS_TRY(const auto secrets, p_.store.list_secrets(tx, id));
    std::vector<Digest> over;
    for (const auto& secret : secrets) {
#ifndef KEYSTEAD_WITHOUT_TOKEN_ROTATION
        if (secret.ends_at && *secret.ends_at > now) {
            return Error{ErrorKind::Conflict, "token/rotation-pending",
                         "The secret before still works. End it first."};
        }
#endif
        if (secret.ends_at || overlap.count() == 0) {
            KS_CHECK(p_.store.remove_secret(tx, secret.digest));
        }
        over.push_back(secret.digest); // The current one's end is read anew.
    }
    const Instant old_ends_at = now + overlap;
    KS_CHECK(p_.store.end_current_secret(tx, id, old_ends_at));
    auto minted = mint_.make(crypto::TokenKind::Personal, token.id.bytes());
    KS_CHECK(p_.store.insert_secret(tx, id, minted.digest, now));
    KS_CHECK(record(tx, actor, "token.rotate", token,
                    {{"overlap_seconds", std::to_string(overlap.count())}}));
    KS_CHECK(
        p_.tell_owner(tx, actor, account, notify::Purpose::TokenRotated, {{"token", token.name}}));
    drop_after_commit(tx, std::move(over));
    return Made{std::move(token), std::move(minted.text),
                overlap.count() == 0 ? std::nullopt : std::optional(old_ends_at)};
}

Result<void> ApiTokenService::end_overlap(WriteTx& tx, const Actor& actor, AccountId account,
                                          TokenId id)
{
    KS_CHECK(tx.lock(account));
    KS_TRY(const ApiToken token, find_or_refuse(tx, account, id));
    KS_TRY(const auto secrets, p_.store.list_secrets(tx, id));
    const auto old = std::ranges::find_if(
        secrets, [](const Secretless& secret) { return secret.ends_at.has_value(); });
    if (old == secrets.end() || *old->ends_at <= p_.clock.now()) {
        return Error{ErrorKind::Conflict, "token/no-rotation",
                     "There is no older secret that still works."};
    }
    KS_CHECK(p_.store.remove_secret(tx, old->digest));
    KS_CHECK(record(tx, actor, "token.end-overlap", token, {{"by", "owner"}}));
    drop_after_commit(tx, {old->digest});
    return {};
}

Result<void> ApiTokenService::revoke(WriteTx& tx, const Actor& actor, AccountId account, TokenId id,
                                     std::string_view reason)
{
    KS_CHECK(tx.lock(account)); // Against a rotation that would leave a secret without a token.
    KS_TRY(const ApiToken token, find_or_refuse(tx, account, id));
    KS_CHECK(remove(tx, actor, token, "token.revoke", reason));
    return p_.tell_owner(tx, actor, account, notify::Purpose::TokenRevoked,
                         {{"token", token.name}});
}

Result<Surrender> ApiTokenService::surrender(WriteTx& tx, const Actor& actor,
                                             std::string_view token_text)
{
    const auto parsed = mint_.parse(crypto::TokenKind::Personal, token_text);
    if (!parsed) {
        return Surrender::Unknown;
    }
    KS_TRY(const auto before, p_.store.find_by_digest(tx, parsed->digest));
    if (!before) {
        return Surrender::Unknown;
    }
    KS_CHECK(tx.lock(before->token.account));
    KS_TRY(const auto held, p_.store.find_by_digest(tx, parsed->digest)); // As it is now.
    if (!held) {
        return Surrender::Unknown;
    }
    const ApiToken& token = held->token;
    auto outcome = Surrender::Revoked;
    if (held->secret.ends_at) {
        outcome = Surrender::OldSecretEnded;
        KS_CHECK(p_.store.remove_secret(tx, parsed->digest));
        KS_CHECK(record(tx, actor, "token.end-overlap", token, {{"by", "holder"}}));
        drop_after_commit(tx, {parsed->digest});
    } else {
        KS_CHECK(remove(tx, actor, token, "token.revoke", "holder"));
    }
    KS_CHECK(p_.tell_owner(tx, actor, token.account, notify::Purpose::TokenSurrendered,
                           {{"token", token.name}}));
    return outcome;
}

Result<int> ApiTokenService::revoke_all(WriteTx& tx, const Actor& actor, AccountId account,
                                        std::string_view reason)
{
    KS_CHECK(tx.lock(account));
    KS_TRY(const auto all, p_.store.list(tx, account, kListedMax));
    for (const Listed& listed : all) {
        KS_CHECK(remove(tx, actor, listed.token, "token.revoke", reason));
    }
    return static_cast<int>(all.size());
}

Result<int> ApiTokenService::revoke_made_in(WriteTx& tx, const Actor& actor, AccountId account,
                                            SessionId session)
{
    KS_CHECK(tx.lock(account));
    KS_TRY(const auto ids, p_.store.list_made_in(tx, account, session));
    for (const TokenId id : ids) {
        KS_TRY(const ApiToken token, find_or_refuse(tx, account, id));
        KS_CHECK(remove(tx, actor, token, "token.revoke", "not-me"));
    }
    return static_cast<int>(ids.size());
}

Result<int> ApiTokenService::suspend_all(WriteTx& tx, const Actor& actor)
{
    KS_TRY(const int count, p_.store.suspend_all(tx, p_.clock.now()));
    KS_TRY(auto digests, p_.store.list_all_digests(tx));
    KS_CHECK(p_.audit.append(tx, {.actor = actor,
                                  .action = "token.suspend",
                                  .target = {"tokens", ""},
                                  .details = {{"count", std::to_string(count)}}}));
    drop_after_commit(tx, std::move(digests));
    return count;
}

Result<int> ApiTokenService::suspend_of(WriteTx& tx, const Actor& actor, AccountId account)
{
    KS_CHECK(tx.lock(account));
#ifndef KEYSTEAD_WITHOUT_SECURE_TOKENS
    KS_TRY(const int count, p_.store.suspend_of(tx, account, p_.clock.now()));
#else
    const int count = 0;
#endif
    KS_CHECK(p_.audit.append(tx, {.actor = actor,
                                  .action = "token.suspend",
                                  .account = account,
                                  .target = {"tokens", ""},
                                  .details = {{"count", std::to_string(count)}}}));
    KS_CHECK(forget_cached(tx, account));
    return count;
}

Result<Made> ApiTokenService::replace(WriteTx& tx, const Actor& actor, AccountId account,
                                      TokenId id)
{
    KS_CHECK(tx.lock(account));
    KS_TRY(ApiToken token, find_or_refuse(tx, account, id));
    const Instant now = p_.clock.now();
    if (token.state(now) == State::Expired) {
        return Error{ErrorKind::Conflict, "token/expired",
                     "This token has expired. Make another one."};
    }
    KS_TRY(auto over, p_.store.remove_secrets(tx, id));
    KS_TRY([[maybe_unused]] const bool was_suspended, p_.store.confirm(tx, account, id));
    token.suspended_at.reset();
    auto minted = mint_.make(crypto::TokenKind::Personal, token.id.bytes());
    KS_CHECK(p_.store.insert_secret(tx, id, minted.digest, now));
    KS_CHECK(record(tx, actor, "token.rotate", token, {{"overlap_seconds", "0"}}));
    KS_CHECK(
        p_.tell_owner(tx, actor, account, notify::Purpose::TokenRotated, {{"token", token.name}}));
    drop_after_commit(tx, std::move(over));
    return Made{std::move(token), std::move(minted.text), std::nullopt};
}

Result<std::vector<AccountId>> ApiTokenService::list_suspended_accounts(ReadTx& tx, AccountId after,
                                                                        int limit)
{
    return p_.store.list_suspended_accounts(tx, after, limit);
}

Result<int> ApiTokenService::set_back(WriteTx& tx, const Actor& actor, const SetBack& clock)
{
    KS_TRY(auto owners, p_.store.suspend_expired(tx, clock));
    const auto count = static_cast<int>(owners.size());
    KS_CHECK(p_.store.remove_ended_secrets(tx, clock.seen));
    KS_CHECK(p_.store.rebase(tx, clock.wall));
    tx.after_commit([this] { cache_.clear(); });
    if (count == 0) {
        return 0;
    }
    std::ranges::sort(owners);
    owners.erase(std::unique(owners.begin(), owners.end()), owners.end());
    for (const AccountId owner : owners) {
        KS_CHECK(p_.tell_owner(tx, actor, owner, notify::Purpose::TokenSuspended, {}));
    }
    KS_CHECK(p_.audit.append(tx, {.actor = actor,
                                  .action = "token.suspend",
                                  .target = {"tokens", ""},
                                  .details = {{"count", std::to_string(count)}}}));
    return count;
}

Result<void> ApiTokenService::confirm(WriteTx& tx, const Actor& actor, AccountId account,
                                      TokenId id)
{
    KS_CHECK(tx.lock(account));
    KS_CHECK(p_.accounts.check_not_being_secured(tx, account));
    KS_TRY(const ApiToken token, find_or_refuse(tx, account, id));
    KS_TRY(const bool confirmed, p_.store.confirm(tx, account, id));
    if (!confirmed) {
        return Error{ErrorKind::Conflict, "token/not-suspended", "This token is not suspended."};
    }
    KS_CHECK(p_.tell_owner(tx, actor, account, notify::Purpose::TokenConfirmed,
                           {{"token", token.name}}));
    return record(tx, actor, "token.confirm", token, {});
}

Result<void> ApiTokenService::erase(WriteTx& tx, AccountId account)
{
    KS_TRY(const auto all, p_.store.list(tx, account, kListedMax));
    std::vector<Digest> digests;
    for (const Listed& listed : all) {
        KS_TRY(auto secrets, p_.store.remove_secrets(tx, listed.token.id));
        std::ranges::move(secrets, std::back_inserter(digests));
        KS_TRY([[maybe_unused]] const bool removed, p_.store.remove(tx, account, listed.token.id));
    }
    drop_after_commit(tx, std::move(digests));
    return {};
}

Result<void> ApiTokenService::forget_cached(WriteTx& tx, AccountId account)
{
    KS_TRY(auto digests, p_.store.list_digests(tx, account));
    drop_after_commit(tx, std::move(digests));
    return {};
}

Result<std::vector<Listed>> ApiTokenService::list(ReadTx& tx, AccountId account)
{
    KS_TRY(auto all, p_.store.list(tx, account, kListedMax));
    const Instant now = p_.clock.now();
    for (Listed& listed : all) {
        if (listed.old_secret_ends_at && *listed.old_secret_ends_at <= now) {
            listed.old_secret_ends_at.reset();
        }
    }
    return all;
}

Result<Listed> ApiTokenService::load_one(ReadTx& tx, AccountId account, TokenId id)
{
    KS_TRY(auto all, list(tx, account));
    const auto found =
        std::ranges::find_if(all, [id](const Listed& listed) { return listed.token.id == id; });
    if (found == all.end()) {
        return not_found();
    }
    return std::move(*found);
}

Result<std::optional<CachedToken>> ApiTokenService::cached_form(ReadTx& tx, const Held& held)
{
    const ApiToken& token = held.token;
    KS_TRY(const auto owner, p_.accounts.find(tx, token.account));
    if (!owner || !owner->is_active() || owner->is_being_secured() || token.suspended_at) {
        return std::optional<CachedToken>{};
    }
    KS_TRY(const PermissionSet owners, p_.owners_rights(tx, token.account));
    CachedToken cached;
    cached.token = token.id;
    cached.account = token.account;
    cached.permissions = p_.permissions.effective(token.permissions).capped_by(owners);
    cached.addresses = token.addresses;
    cached.issued_at_us = to_micros(token.created_at);
    for (const auto& end : {token.expires_at, held.secret.ends_at}) {
        if (end) {
            cached.expires_at_us = std::min(cached.expires_at_us, to_micros(*end));
        }
    }
    cached.email = owner->email.text();
    return std::optional(std::move(cached));
}

Result<std::optional<CachedToken>> ApiTokenService::load(Database& db, std::string_view token_text,
                                                         const CachedToken::Use& use)
{
    const auto parsed = mint_.parse(crypto::TokenKind::Personal, token_text);
    if (!parsed) {
        return std::optional<CachedToken>{};
    }
    const auto epoch =
        cache_.epoch_of(parsed->digest); // Before the row: see credential_cache_service.h.
    KS_TRY(auto loaded, db.read([&](ReadTx& tx) -> Result<std::optional<CachedToken>> {
        KS_TRY(const auto held, p_.store.find_by_digest(tx, parsed->digest));
        return held ? cached_form(tx, *held) : std::optional<CachedToken>{};
    }));
    if (!loaded || loaded->is_over(use.at)) {
        return std::optional<CachedToken>{};
    }
    cache_.insert(parsed->digest, *loaded, epoch);
    cache_.find_and_note(parsed->digest, use, [](const CachedToken&) {});
    return loaded;
}

Result<void> ApiTokenService::sweep(Database& db, Instant now)
{
    const Actor system{.kind = ActorKind::System};
    for (;;) {
        KS_TRY(const int removed, db.write([&](WriteTx& tx) -> Result<int> {
            KS_TRY(const auto over, p_.store.list_over(tx, now - kExpiredShown, kSweepBatch));
            for (const ApiToken& token : over) {
                KS_CHECK(remove(tx, system, token, "token.expire", "time"));
            }
            return static_cast<int>(over.size());
        }));
        if (removed < kSweepBatch) {
            return {};
        }
    }
}

Result<ApiToken> ApiTokenService::find_or_refuse(ReadTx& tx, AccountId account, TokenId id)
{
    KS_TRY(auto token, p_.store.find(tx, account, id));
    if (!token) {
        return not_found();
    }
    return *std::move(token);
}

Result<void> ApiTokenService::remove(WriteTx& tx, const Actor& actor, const ApiToken& token,
                                     std::string_view action, std::string_view reason)
{
    KS_TRY(const bool removed, p_.store.remove(tx, token.account, token.id));
    if (!removed) {
        return not_found();
    }
    KS_TRY(auto digests, p_.store.remove_secrets(tx, token.id));
    KS_CHECK(record(tx, actor, action, token, {{"reason", std::string(reason)}}));
    drop_after_commit(tx, std::move(digests));
    return {};
}

Result<void> ApiTokenService::record(WriteTx& tx, const Actor& actor, std::string_view action,
                                     const ApiToken& token, std::vector<audit::Detail> details)
{
    details.push_back({"name", token.name, audit::Detail::Kind::Personal});
    return p_.audit.append(tx, {.actor = actor,
                                .action = action,
                                .account = token.account,
                                .target = {"token", token.id.text()},
                                .details = std::move(details)});
}

void ApiTokenService::drop_after_commit(WriteTx& tx, std::vector<Digest> digests)
{
    tx.after_commit([this, digests = std::move(digests)] { cache_.remove(digests); });
}

} // namespace keystead::api_token
