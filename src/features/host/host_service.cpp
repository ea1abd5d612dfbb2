#include "features/host/host_service.h"

#include "features/host/snapshot.h"

#include <algorithm>
#include <utility>

namespace keystead::host {
namespace {

constexpr std::size_t kCachedMax = 100'000;
/// From a server's id to the commit that a back-up sees, generously.
constexpr std::chrono::minutes kRegisteringMax{1};

Error not_found()
{
    return {ErrorKind::NotFound, "host/not-found", "There is no such server."};
}

Error no_enrolment()
{
    return {ErrorKind::Unauthenticated, "host/required",
            "This enrolment token was used, or its time is over."};
}

[[maybe_unused]] Error lost()
{
    return {.kind = ErrorKind::Unavailable,
            .code = "host/suspended",
            .detail = "A back-up was restored that does not know this token. Enroll the server "
                      "anew.",
            .retry_after = std::chrono::seconds{60}};
}

/// A UUIDv7 begins with its time (RFC 9562 §5.7).
[[maybe_unused]] Instant made_at(HostId id)
{
    std::int64_t millis = 0;
    for (std::size_t i = 0; i < 6; ++i) {
        millis = millis << 8 | std::to_integer<std::int64_t>(id.bytes()[i]);
    }
    return Instant{std::chrono::milliseconds(millis)};
}

Error invalid_member(std::string pointer, std::string_view code, std::string detail)
{
    Error error{ErrorKind::InvalidInput, code, detail};
    error.fields = {{std::move(pointer), code, std::move(detail)}};
    return error;
}

} // namespace

HostService::HostService(HostParts parts)
    : p_(std::move(parts)), mint_(p_.keys, p_.random), cache_(kCachedMax)
{
}

Result<void> HostService::check_wanted(ReadTx& tx, AccountId account,
                                       const std::vector<std::string>& users,
                                       const std::vector<SshKeyId>& keys)
{
    if (users.empty() || !std::ranges::all_of(users, is_login_user)) {
        return invalid_member("/login_users", "host/login-user",
                              "A login user is 1 to 32 of the characters a-z, A-Z, 0-9, '.', '_' "
                              "and '-', and does not begin with '-'.");
    }
    for (const SshKeyId key : keys) {
        if (auto found = p_.ssh_keys.load_one(tx, account, key); !found) {
            return found.error().kind == ErrorKind::NotFound
                       ? invalid_member("/ssh_keys", "host/unknown-key",
                                        "The account has no such SSH key.")
                       : std::move(found).error();
        }
    }
    return {};
}

Result<void> HostService::choose(WriteTx& tx, HostId id, const std::vector<SshKeyId>& keys)
{
    for (const SshKeyId key : keys) {
        KS_CHECK(p_.store.choose(tx, id, key));
    }
    return {};
}

/// For what a request that came before a freeze or an erasure must not do after it.
Result<void> HostService::lock_open(WriteTx& tx, AccountId account)
{
    KS_CHECK(tx.lock(account));
    KS_TRY(const auto owner, p_.accounts.find(tx, account));
    if (!owner) {
        return Error{ErrorKind::NotFound, "host/not-found", "There is no such team or server."};
    }
    return p_.accounts.check_not_being_secured(tx, account);
}

Result<Made> HostService::create(WriteTx& tx, const Actor& actor, AccountId account,
                                 const NewHost& wanted)
{
    KS_CHECK(lock_open(tx, account)); // So that the count below holds until the row is there.
    KS_TRY([[maybe_unused]] const auto count, p_.store.count(tx, account));
#ifndef KEYSTEAD_WITHOUT_HOST_LIMIT
    if (count >= p_.settings.at_most) {
        return Error{ErrorKind::LimitReached, "host/limit-reached",
                     "An account has at most " + std::to_string(p_.settings.at_most) +
                         " servers here. Remove one first."};
    }
#endif
    const std::vector<SshKeyId> keys = wanted.keys.value_or(std::vector<SshKeyId>{});
    KS_CHECK(check_wanted(tx, account, wanted.login_users, keys));
    const Instant now = p_.clock.now();
    Host host{.id = HostId::make(now, p_.random),
              .account = account,
              .name = wanted.name,
              .login_users = each_once(wanted.login_users),
              .keys = wanted.keys ? KeyChoice::Chosen : KeyChoice::All,
              .created_at = now,
              .created_by = wanted.by,
              .enrolment_ends_at = now + p_.settings.enrolment_lifetime};
    auto token = mint_.make(crypto::TokenKind::Enrolment, host.id.bytes());
    KS_CHECK(p_.store.insert(tx, host, token.digest));
    KS_CHECK(choose(tx, host.id, keys));
    KS_TRY(const auto answer_key, p_.contents.answer_key(tx));
    KS_CHECK(record(tx, actor, "host.create", host,
                    {{"created_by", std::string(created_by_text(host.created_by))},
                     {"login_users", join_users(host.login_users), audit::Detail::Kind::Personal},
                     {"ssh_keys", wanted.keys ? ids_text(keys) : std::string(kAllKeys)}}));
    return Made{std::move(host), std::move(token.text), answer_key};
}

Result<void> HostService::remove(WriteTx& tx, const Actor& actor, AccountId account, HostId id)
{
    KS_CHECK(tx.lock(account));
    KS_TRY(const Host host, find_or_refuse(tx, account, id));
    KS_CHECK(p_.records.forget_host(tx, id, p_.clock.now()));
    KS_TRY([[maybe_unused]] const bool removed, p_.store.remove(tx, id));
    end_token(tx, host);
    return record(tx, actor, "host.remove", host);
}

Result<Made> HostService::renew_enrolment(WriteTx& tx, const Actor& actor, AccountId account,
                                          HostId id)
{
    KS_CHECK(lock_open(tx, account));
    KS_TRY(Host host, find_or_refuse(tx, account, id));
    end_token(tx, host);
    host.enrolment_ends_at = p_.clock.now() + p_.settings.enrolment_lifetime;
    auto token = mint_.make(crypto::TokenKind::Enrolment, host.id.bytes());
    KS_CHECK(p_.store.set_enrolment(tx, id, token.digest, *host.enrolment_ends_at));
    KS_TRY(const auto answer_key, p_.contents.answer_key(tx));
    KS_CHECK(record(tx, actor, "host.renew-enrolment", host));
    KS_TRY(host, find_or_refuse(tx, account, id)); // As it is now.
    return Made{std::move(host), std::move(token.text), answer_key};
}

Result<void> HostService::confirm(WriteTx& tx, const Actor& actor, AccountId account, HostId id)
{
    KS_CHECK(lock_open(tx, account));
    KS_TRY(const Host host, find_or_refuse(tx, account, id));
    KS_TRY(const bool confirmed, p_.store.confirm(tx, id));
    if (!confirmed) {
        return Error{ErrorKind::Conflict, "host/not-suspended", "This server is not suspended."};
    }
    p_.contents.forget(tx, account);
    return record(tx, actor, "host.confirm", host);
}

Result<Enrolled> HostService::enroll(WriteTx& tx, const Actor& actor, const Holder& holder,
                                     const Digest& enrolment, const Enrolment& what)
{
    KS_CHECK(tx.lock(holder.account));
    KS_TRY(const auto host, p_.store.find(tx, holder.host));
    KS_TRY(const auto owner, p_.accounts.find(tx, holder.account));
    if (!host || !owner || !owner->is_active() || owner->is_being_secured()) {
        return no_enrolment();
    }
    const Instant now = p_.clock.now();
    auto token = mint_.make(crypto::TokenKind::Host, holder.host.bytes());
    KS_TRY([[maybe_unused]] const bool first,
           p_.store.enroll(tx, holder.host, enrolment, token.digest, what, now));
#ifndef KEYSTEAD_WITHOUT_HOST_ENROL_ONCE
    if (!first) {
        return no_enrolment();
    }
#endif
    KS_CHECK(p_.store.replace_identity(tx, holder.host, what.host_keys));
    // Of the machine that it was before, if it was one.
    KS_CHECK(p_.records.end_logins(tx, holder.host, now, EndedBy::HostGone));
    KS_TRY(const auto answer_key, p_.contents.answer_key(tx));
    KS_CHECK(record(tx, actor, "host.enroll", *host,
                    {{"agent_version", what.agent_version, audit::Detail::Kind::Personal}}));
    return Enrolled{std::move(token.text), answer_key};
}

std::optional<Instant> HostService::cache_end(const std::optional<Digest>& token,
                                              std::optional<Instant>& seen_at)
{
    auto behind = kSeenBehindMax;
    if (token) {
        cache_.peek(*token, [&](const CachedHost& known) {
            seen_at = std::max(seen_at.value_or(known.seen_at), known.seen_at);
            behind = std::chrono::seconds{0}; // Memory is ahead of the store.
        });
    }
    return seen_at ? std::optional(*seen_at + kStatementLifetime + behind) : std::nullopt;
}

HostView HostService::view_of(Host host)
{
    HostView view;
    const auto ends_at = cache_end(host.token, host.seen_at);
    view.cache_ends_at = host.enrolled_at ? ends_at : std::nullopt;
    view.host = std::move(host);
    return view;
}

void HostService::complete(std::vector<Removal>& removals)
{
    for (Removal& removal : removals) {
        removal.cache_ends_at = cache_end(removal.token, removal.seen_at);
    }
}

Result<std::vector<HostView>> HostService::list(ReadTx& tx, AccountId account,
                                                std::optional<HostId> before, int limit)
{
    KS_TRY(auto hosts, p_.store.list(tx, account, before, limit));
    KS_TRY(auto chosen, p_.store.list_chosen_of(tx, account));
    KS_TRY(auto pending, p_.records.count_pending(tx, account));
    KS_TRY(auto open, p_.records.count_open(tx, account));
    std::vector<HostView> views;
    views.reserve(hosts.size());
    for (Host& host : hosts) {
        views.push_back(view_of(std::move(host)));
        HostView& view = views.back();
        view.chosen = std::move(chosen[view.host.id]);
        view.removals_pending = pending[view.host.id];
        view.open_sessions = open[view.host.id];
    }
    return views;
}

Result<HostView> HostService::load_one(ReadTx& tx, AccountId account, HostId id)
{
    KS_TRY(Host host, find_or_refuse(tx, account, id));
    HostView view = view_of(std::move(host));
    KS_TRY(view.chosen, p_.store.list_chosen(tx, id));
    KS_TRY(auto pending, p_.records.count_pending(tx, account));
    KS_TRY(auto open, p_.records.count_open(tx, account));
    view.removals_pending = pending[id];
    view.open_sessions = open[id];
    return view;
}

Result<Host> HostService::find_or_refuse(ReadTx& tx, std::optional<AccountId> account, HostId id)
{
    KS_TRY(auto host, p_.store.find(tx, id));
    if (!host) {
        return not_found();
    }
#ifndef KEYSTEAD_WITHOUT_HOST_OWNER
    if (account && host->account != *account) { // As if there were none.
        return not_found();
    }
#endif
    return *std::move(host);
}

std::optional<Holder> HostService::find_cached(const ParsedToken& token)
{
    std::optional<Holder> holder;
    cache_.find_and_note(token.digest, {p_.clock.now()}, [&](const CachedHost& host) {
        holder = {host.host, host.account};
    });
    return holder;
}

Result<void> HostService::check_not_lost([[maybe_unused]] ReadTx& tx, [[maybe_unused]] HostId id)
{
#ifndef KEYSTEAD_WITHOUT_HOST_LOST
    KS_TRY(const auto host, p_.store.find(tx, id));
    if (host && (host->suspended_at || host->token)) {
        // Suspended: with another token since the back-up, which nobody here ended.
        return host->suspended_at ? Result<void>(lost()) : Result<void>{};
    }
    // Enrolled since the back-up, or registered since.
    const Instant registered_at = made_at(id);
    const Instant from = host ? p_.clock.now() : registered_at + kRegisteringMax;
    KS_TRY(const bool is_lost, p_.store.was_restored_over(tx, from, registered_at));
    return is_lost ? Result<void>(lost()) : Result<void>{};
#else
    return {};
#endif
}

Result<std::string> HostService::prove_end(Database& db, std::string_view token_text)
{
    const auto token = parse(token_text);
    if (!token) {
        return Error{ErrorKind::Unauthenticated, "host/required", "That is no server's token."};
    }
    const HostId host{token->id};
    KS_CHECK(db.read([&](ReadTx& tx) -> Result<void> {
        KS_TRY(const auto holder, p_.store.find_by_token(tx, token->digest));
        if (holder) {
            return Error{ErrorKind::Conflict, "host/not-ended", "This token is still good."};
        }
        return check_not_lost(tx, host);
    }));
    return p_.contents.end_statement(db, host, token->digest);
}

Result<std::optional<Holder>> HostService::load(Database& db, const ParsedToken& token)
{
    const auto epoch = cache_.epoch_of(token.digest); // Before the row.
    KS_TRY(const auto holder, db.read([&](ReadTx& tx) -> Result<std::optional<Holder>> {
        KS_TRY(auto found, p_.store.find_by_token(tx, token.digest));
        if (!found) {
            KS_CHECK(check_not_lost(tx, HostId{token.id}));
        }
        return found;
    }));
    if (holder) {
        cache_.insert(token.digest, {.host = holder->host, .account = holder->account}, epoch);
        cache_.find_and_note(token.digest, {p_.clock.now()}, [](const CachedHost&) {});
    }
    return holder;
}

Result<std::optional<Holder>> HostService::load_enrolment(Database& db, const ParsedToken& token)
{
    return db.read(
        [&](ReadTx& tx) { return p_.store.find_by_enrolment(tx, token.digest, p_.clock.now()); });
}

Result<void> HostService::write_seen(Database& db)
{
    const auto seen = cache_.take_activity();
    if (seen.empty()) {
        return {};
    }
    return db.upkeep([&](UpkeepTx& tx) -> Result<void> {
        for (const CachedHost::Activity& each : seen) {
            KS_CHECK(p_.store.set_seen(tx, each.host, each.seen_at));
        }
        return {};
    });
}

void HostService::end_token(WriteTx& tx, const Host& host)
{
    p_.contents.forget(tx, host.account);
    if (host.token) {
        tx.after_commit([this, token = *host.token] { cache_.remove(std::span(&token, 1)); });
    }
}

Result<void> HostService::record(WriteTx& tx, const Actor& actor, std::string_view action,
                                 const Host& host, std::vector<audit::Detail> details)
{
    details.push_back({"name", host.name, audit::Detail::Kind::Personal});
    return p_.audit.append(tx, {.actor = actor,
                                .action = action,
                                .account = host.account,
                                .target = {"host", host.id.text()},
                                .details = std::move(details)});
}

} // namespace keystead::host
