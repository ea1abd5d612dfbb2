#include "features/ssh_key/ssh_key_service.h"

#include <utility>

namespace keystead::ssh_key {
namespace {

constexpr int kListedMax = 2500; // more than any setting's "at most", and those being replaced
constexpr int kBatch = 50;
const Actor kSystem{.kind = ActorKind::System};

Error not_found()
{
    return {ErrorKind::NotFound, "ssh-key/not-found", "There is no such SSH key."};
}
Error conflict(std::string_view code, std::string detail)
{
    return {ErrorKind::Conflict, code, std::move(detail)};
}

notify::Facts facts_of(const SshKey& key)
{
    return {{"key", key.name}, {"fingerprint", fingerprint_text(fingerprint_of(key.key))}};
}

} // namespace

Result<void> SshKeyService::check_may_add(WriteTx& tx, AccountId account)
{
    KS_CHECK(tx.lock(account));
    return p_.check_may_add ? p_.check_may_add(tx, account) : Result<void>{};
}

Result<void> SshKeyService::check_new(WriteTx& tx, AccountId account, const PublicKey& key)
{
    const Digest fingerprint = fingerprint_of(key);
    KS_TRY(const bool is_there, p_.store.has(tx, account, fingerprint));
    KS_TRY([[maybe_unused]] const bool is_compromised, p_.store.is_compromised(tx, fingerprint));
#ifndef KEYSTEAD_WITHOUT_SSH_KEY_COMPROMISED
    KS_TRY(const auto revoked, p_.store.find_revoked(tx, account, fingerprint));
    if (is_compromised || revoked == Reason::Compromised) {
        return conflict("ssh-key/compromised",
                        "This key was revoked as compromised: whoever has a copy of it could come "
                        "in. Make a new one.");
    }
#endif
    return is_there ? Result<void>(conflict("ssh-key/already-there", "You have that key already."))
                    : Result<void>{};
}

Result<SshKey> SshKeyService::insert(WriteTx& tx, const Actor& actor, AccountId account,
                                     const NewKey& wanted)
{
    const Instant now = p_.clock.now();
    SshKey key;
    key.id = SshKeyId::make(now, p_.random);
    key.account = account;
    key.name = wanted.name;
    key.key = wanted.key;
    key.created_at = now;
    if (!actor.session.is_nil()) {
        key.created_in = actor.session;
    }
    KS_CHECK(p_.store.insert(tx, key));
    return key;
}

Result<SshKey> SshKeyService::add(WriteTx& tx, const Actor& actor, AccountId account,
                                  const NewKey& wanted)
{
    KS_CHECK(check_may_add(tx, account)); // The count below holds until the row is there.
    KS_TRY([[maybe_unused]] const auto count, p_.store.count_lasting(tx, account, p_.clock.now()));
    KS_CHECK(check_new(tx, account, wanted.key));
#ifndef KEYSTEAD_WITHOUT_SSH_KEY_LIMIT
    if (count >= p_.settings.at_most) {
        return Error{ErrorKind::LimitReached, "ssh-key/limit-reached",
                     "An account has at most " + std::to_string(p_.settings.at_most) +
                         " SSH keys here. Revoke or rotate one."};
    }
#endif
    KS_TRY(SshKey key, insert(tx, actor, account, wanted));
    p_.follower.changed(tx, account);
    KS_CHECK(
        record(tx, actor, "ssh_key.add", key, {{"type", std::string(type_text(key.key.type))}}));
    KS_CHECK(p_.tell_owner(tx, actor, account, notify::Purpose::SshKeyAdded, facts_of(key)));
    return key;
}

Result<SshKey> SshKeyService::rename(WriteTx& tx, const Actor& actor, AccountId account,
                                     SshKeyId id, std::string_view name)
{
    KS_TRY([[maybe_unused]] const bool renamed, p_.store.rename(tx, account, id, name));
    KS_TRY(SshKey key, load_one(tx, account, id));
    KS_CHECK(record(tx, actor, "ssh_key.rename", key, {}));
    return key;
}

Result<SshKey> SshKeyService::rotate(WriteTx& tx, const Actor& actor, AccountId account,
                                     SshKeyId id, const NewKey& wanted,
                                     std::chrono::seconds overlap)
{
    KS_CHECK(check_may_add(tx, account));
    KS_TRY(SshKey old, load_one(tx, account, id));
    const Instant now = p_.clock.now();
    KS_TRY(const auto before, p_.store.find_replaced_by(tx, account, id));
#ifndef KEYSTEAD_WITHOUT_SSH_KEY_ROTATION
    if (old.ends_at || (before && !before->is_over(now))) {
        return conflict("ssh-key/rotation-pending",
                        "Of this key and its successor both are valid. End the older one first.");
    }
#endif
    KS_CHECK(check_new(tx, account, wanted.key));
    KS_TRY(SshKey key, insert(tx, actor, account, wanted));
    KS_CHECK(p_.follower.replaced(tx, old, key));
    KS_CHECK(record(tx, actor, "ssh_key.rotate", key,
                    {{"replaces", id.text()},
                     {"type", std::string(type_text(key.key.type))},
                     {"overlap_seconds", std::to_string(overlap.count())}}));
    if (overlap.count() == 0) {
        KS_TRY([[maybe_unused]] const bool removed, remove(tx, actor, old, Reason::Rotated));
    } else {
        KS_CHECK(p_.store.set_ending(tx, id, {now + overlap, key.id}));
    }
    KS_CHECK(p_.tell_owner(tx, actor, account, notify::Purpose::SshKeyRotated, facts_of(key)));
    return key;
}

Result<void> SshKeyService::end_overlap(WriteTx& tx, const Actor& actor, AccountId account,
                                        SshKeyId id)
{
    KS_CHECK(tx.lock(account));
    KS_TRY([[maybe_unused]] const SshKey key, load_one(tx, account, id));
    KS_TRY(const auto old, p_.store.find_replaced_by(tx, account, id));
    if (!old || old->is_over(p_.clock.now())) {
        return conflict("ssh-key/no-rotation", "There is no older key that is still valid.");
    }
    KS_TRY([[maybe_unused]] const bool removed, remove(tx, actor, *old, Reason::Rotated));
    return p_.tell_owner(tx, actor, account, notify::Purpose::SshKeyRevoked, facts_of(*old));
}

Result<void> SshKeyService::revoke(WriteTx& tx, const Actor& actor, AccountId account, SshKeyId id,
                                   Reason reason)
{
    KS_CHECK(tx.lock(account));
    KS_TRY(const SshKey key, load_one(tx, account, id));
    KS_TRY([[maybe_unused]] const bool removed, remove(tx, actor, key, reason));
    return p_.tell_owner(tx, actor, account, notify::Purpose::SshKeyRevoked, facts_of(key));
}

Result<void> SshKeyService::report_compromised(WriteTx& tx, const Actor& actor,
                                               const PublicKey& key)
{
    const Digest fingerprint = fingerprint_of(key);
    KS_TRY(const bool is_news, p_.store.add_compromised(tx, fingerprint, p_.clock.now()));
    if (!is_news) {
        return {};
    }
    // Whoever proves keys of their own, one after the other, makes nobody else's servers wait.
    KS_TRY(const auto holders, p_.store.list_holders(tx, fingerprint, kListedMax));
    for (const AccountId account : holders) {
        p_.follower.changed(tx, account);
    }
    if (holders.size() == kListedMax) {
        p_.follower.any_changed(tx);
    }
    KS_CHECK(p_.audit.append(tx, {.actor = actor,
                                  .action = "ssh_key.prove-compromised",
                                  .details = {{"fingerprint", fingerprint_text(fingerprint),
                                               audit::Detail::Kind::Personal}}}));
    KS_TRY([[maybe_unused]] const int revoked, revoke_proven(tx, actor));
    return {};
}

Result<int> SshKeyService::revoke_proven(WriteTx& tx, const Actor& actor)
{
    KS_TRY(const auto keys, p_.store.list_compromised(tx, kBatch));
    for (const SshKey& key : keys) {
        KS_CHECK(tx.lock(key.account));
        KS_TRY(const bool removed, remove(tx, actor, key, Reason::Proven));
        if (removed) { // Otherwise its owner was faster, before the lock.
            KS_CHECK(p_.tell_owner(tx, actor, key.account, notify::Purpose::SshKeyCompromised,
                                   facts_of(key)));
        }
    }
    return static_cast<int>(keys.size());
}

Result<int> SshKeyService::revoke_made_in(WriteTx& tx, const Actor& actor, AccountId account,
                                          SessionId session)
{
    KS_CHECK(tx.lock(account));
    KS_TRY(const auto keys, p_.store.list_made_in(tx, account, session));
    for (const SshKey& key : keys) {
        KS_TRY([[maybe_unused]] const bool removed, remove(tx, actor, key, Reason::NotMe));
        KS_CHECK(p_.store.cancel_ending(tx, key.id)); // What it replaced was the owner's.
    }
    return static_cast<int>(keys.size());
}

Result<int> SshKeyService::suspend_all(WriteTx& tx, const Actor& actor)
{
    KS_TRY(const int count, p_.store.suspend_all(tx, p_.clock.now()));
    p_.follower.any_changed(tx);
    KS_CHECK(p_.audit.append(tx, {.actor = actor,
                                  .action = "ssh_key.suspend",
                                  .target = {"ssh_keys", ""},
                                  .details = {{"count", std::to_string(count)}}}));
    return count;
}

Result<int> SshKeyService::suspend_of(WriteTx& tx, const Actor& actor, AccountId account)
{
    KS_CHECK(tx.lock(account));
    KS_TRY(const int count, p_.store.suspend_of(tx, account, p_.clock.now()));
    KS_CHECK(p_.audit.append(tx, {.actor = actor,
                                  .action = "ssh_key.suspend",
                                  .account = account,
                                  .target = {"ssh_keys", ""},
                                  .details = {{"count", std::to_string(count)}}}));
    return count;
}

Result<std::vector<AccountId>> SshKeyService::list_suspended_accounts(ReadTx& tx, AccountId after,
                                                                      int limit)
{
    return p_.store.list_suspended_accounts(tx, after, limit);
}

Result<void> SshKeyService::confirm(WriteTx& tx, const Actor& actor, AccountId account, SshKeyId id,
                                    Standing standing)
{
    KS_CHECK(tx.lock(account));
    if (standing == Standing::Open && p_.check_may_add) {
        KS_CHECK(p_.check_may_add(tx, account)); // A freeze may have come between.
    }
    KS_TRY(const SshKey key, load_one(tx, account, id));
    KS_TRY(const bool confirmed, p_.store.confirm(tx, account, id));
    if (!confirmed) {
        return conflict("ssh-key/not-suspended", "This SSH key is not suspended.");
    }
    p_.follower.changed(tx, account);
    KS_CHECK(p_.tell_owner(tx, actor, account, notify::Purpose::SshKeyConfirmed, facts_of(key)));
    return record(tx, actor, "ssh_key.confirm", key, {});
}

Result<std::vector<SshKey>> SshKeyService::list_over(ReadTx& tx, AccountId account)
{
    return p_.store.list_over_of(tx, account, p_.clock.now(), kListedMax);
}

Result<std::vector<SshKey>> SshKeyService::list(ReadTx& tx, AccountId account)
{
    KS_TRY(auto all, p_.store.list(tx, account, kListedMax));
    const Instant now = p_.clock.now();
    std::erase_if(all, [now](const SshKey& key) { return key.is_over(now); });
    return all;
}

Result<SshKey> SshKeyService::load_one(ReadTx& tx, [[maybe_unused]] AccountId account, SshKeyId id)
{
    KS_TRY(auto key, p_.store.find(tx, id));
    if (!key || key->is_over(p_.clock.now())) {
        return not_found();
    }
#ifndef KEYSTEAD_WITHOUT_SSH_KEY_OWNER
    if (key->account != account) { // As if there were none.
        return not_found();
    }
#endif
    return *std::move(key);
}

Result<int> SshKeyService::set_back(WriteTx& tx, const Actor& actor, const SetBack& clock)
{
    int ended = 0;
    for (int batch = kBatch; batch == kBatch; ended += batch) {
        KS_TRY(batch, end_replaced(tx, actor, clock.seen));
    }
    KS_CHECK(p_.store.bound_times(tx, clock.wall, clock.wall + kOverlapMax));
    return ended;
}

Result<int> SshKeyService::end_replaced(WriteTx& tx, const Actor& actor, Instant now)
{
    KS_TRY(const auto over, p_.store.list_over(tx, now, kBatch));
    for (const SshKey& key : over) {
        KS_TRY([[maybe_unused]] const bool removed, remove(tx, actor, key, Reason::Rotated));
    }
    return static_cast<int>(over.size());
}

Result<int> SshKeyService::remind(WriteTx& tx, Instant now)
{
    if (!p_.settings.reminder) {
        return 0;
    }
    KS_TRY(const auto due, p_.store.list_due(tx, now - *p_.settings.reminder, kBatch));
    for (const SshKey& key : due) {
        KS_CHECK(p_.store.set_reminded(tx, key.id, now));
        KS_CHECK(record(tx, kSystem, "ssh_key.remind", key, {}));
        auto facts = facts_of(key);
        const auto age = std::chrono::floor<std::chrono::days>(now - key.created_at);
        facts.emplace_back("age", std::to_string(age.count()) + " days");
        KS_CHECK(p_.tell_owner(tx, kSystem, key.account, notify::Purpose::SshKeyOld, facts));
    }
    return static_cast<int>(due.size());
}

Result<void> SshKeyService::sweep(Database& db, Instant now)
{
    const auto in_batches = [&db](auto&& batch) -> Result<void> {
        for (int done = kBatch; done == kBatch;) {
            KS_TRY(done, db.write(batch));
        }
        return {};
    };
    KS_CHECK(in_batches([&](WriteTx& tx) { return revoke_proven(tx, kSystem); }));
    KS_CHECK(in_batches([&](WriteTx& tx) { return end_replaced(tx, kSystem, now); }));
    return in_batches([&](WriteTx& tx) { return remind(tx, now); });
}

Result<bool> SshKeyService::remove(WriteTx& tx, const Actor& actor, const SshKey& key,
                                   Reason reason)
{
    KS_TRY(const bool removed, p_.store.remove(tx, key.account, key.id));
    if (removed) {
        KS_CHECK(p_.store.remember_revoked(tx, key, reason, p_.clock.now()));
        KS_CHECK(p_.follower.removed(tx, key));
        KS_CHECK(record(tx, actor, "ssh_key.revoke", key,
                        {{"reason", std::string(reason_text(reason))}}));
    }
    return removed;
}

Result<void> SshKeyService::record(WriteTx& tx, const Actor& actor, std::string_view action,
                                   const SshKey& key, std::vector<audit::Detail> details)
{
    details.push_back({"name", key.name, audit::Detail::Kind::Personal});
    details.push_back(
        {"fingerprint", fingerprint_text(fingerprint_of(key.key)), audit::Detail::Kind::Personal});
    return p_.audit.append(tx, {.actor = actor,
                                .action = action,
                                .account = key.account,
                                .target = {"ssh_key", key.id.text()},
                                .details = std::move(details)});
}

} // namespace keystead::ssh_key
