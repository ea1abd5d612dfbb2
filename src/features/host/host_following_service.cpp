// features/host/host_following_service.cpp
//
// The part of HostService that follows what happens to keys and accounts, in the transaction in
// which it happens.
#include "features/host/host_service.h"

#include <set>
#include <utility>

namespace keystead::host {
namespace {

constexpr int kSuspendPage = 500;

} // namespace

Result<void> HostService::add_removals(WriteTx& tx, const Host& host,
                                       const std::vector<ssh_key::SshKey>& keys)
{
    // Also one that was told nothing yet: an image or its provider may hold the key, and a machine
    // that was cut off goes by what it knew.
    for (const ssh_key::SshKey& key : keys) {
        KS_CHECK(p_.records.add_removal(tx, host.id, host.account, key.id,
                                        ssh_key::fingerprint_of(key.key), p_.clock.now()));
    }
    return keys.empty() ? Result<void>{} : p_.records.keep_newest_removals(tx, host.id);
}

Result<void> HostService::key_removed(WriteTx& tx, const ssh_key::SshKey& key)
{
    KS_CHECK(tx.lock(key.account));
    KS_TRY(const auto hosts, p_.store.list(tx, key.account, std::nullopt, kHostsListedMax));
    KS_TRY(auto chosen, p_.store.list_chosen_of(tx, key.account));
    for (const Host& host : hosts) {
        if (host.is_opened_by(key.id, chosen[host.id])) {
            KS_CHECK(add_removals(tx, host, {key}));
        }
    }
    KS_CHECK(p_.store.forget_key(tx, key.id));
    p_.contents.forget(tx, key.account);
    return {};
}

Result<void> HostService::key_replaced(WriteTx& tx, const ssh_key::SshKey& old,
                                       const ssh_key::SshKey& next)
{
    KS_CHECK(p_.store.choose_beside(tx, old.id, next.id));
    p_.contents.forget(tx, old.account);
    return {};
}

Result<void> HostService::follow_account(WriteTx& tx, AccountId account)
{
    KS_CHECK(tx.lock(account));
    p_.contents.forget(tx, account);
    KS_TRY(const auto hosts, p_.store.list(tx, account, std::nullopt, kHostsListedMax));
    if (hosts.empty()) {
        return {};
    }
    KS_TRY(const auto owner, p_.accounts.find(tx, account));
    const bool is_open = owner && owner->is_active() && !owner->is_being_secured();
    if (!is_open) { // Whoever asked for one may not be the owner.
        KS_CHECK(p_.store.end_enrolments_of(tx, account));
    }
    KS_TRY(auto keys, p_.ssh_keys.list(tx, account));
    std::erase_if(keys, [&](const ssh_key::SshKey& key) {
        return owner && owner->is_active() && !key.suspended_at;
    });
    KS_TRY(auto chosen, p_.store.list_chosen_of(tx, account));
    for (const Host& host : hosts) {
        auto of_host = keys;
        std::erase_if(of_host, [&](const ssh_key::SshKey& key) {
            return !host.is_opened_by(key.id, chosen[host.id]);
        });
        KS_CHECK(add_removals(tx, host, of_host));
    }
    return {};
}

Result<void> HostService::erase(WriteTx& tx, AccountId account)
{
    KS_TRY(auto tokens, p_.store.list_tokens(tx, account));
    tx.after_commit([this, tokens = std::move(tokens)] { cache_.remove(tokens); });
    p_.contents.forget(tx, account);
    KS_CHECK(p_.records.erase(tx, account));
    return p_.store.erase(tx, account);
}

Result<int> HostService::suspend_all(WriteTx& tx, const Actor& actor)
{
    KS_TRY(const int count, p_.store.suspend_all(tx, p_.clock.now()));
    KS_TRY([[maybe_unused]] const int ended, p_.store.end_all_enrolments(tx));
    tx.after_commit([this] { cache_.clear(); });
    p_.contents.forget_all(tx);
    HostId after;
    std::set<AccountId> owners;
    for (std::size_t page = kSuspendPage; page == kSuspendPage;) {
        KS_TRY(const auto hosts, p_.store.list_all(tx, after, kSuspendPage));
        page = hosts.size();
        for (const Host& host : hosts) {
            owners.insert(host.account);
            after = host.id;
        }
    }
    for (const AccountId owner : owners) {
        KS_CHECK(follow_account(tx, owner));
    }
    KS_CHECK(p_.audit.append(tx, {.actor = actor,
                                  .action = "host.suspend",
                                  .target = {"hosts", ""},
                                  .details = {{"count", std::to_string(count)}}}));
    return count;
}

Result<void> HostService::note_restore(WriteTx& tx, Instant made_at)
{
    return p_.store.add_restore(tx, made_at, p_.clock.now());
}

Result<int> HostService::set_back(WriteTx& tx, const Actor&, const SetBack& clock)
{
    KS_TRY(const int ended, p_.store.end_enrolments(tx, clock.seen));
    KS_CHECK(p_.store.bound_times(tx, clock.wall, clock.wall + p_.settings.enrolment_lifetime));
    tx.after_commit([this] { cache_.clear(); }); // It has noted times that were.
    p_.contents.forget_all(tx);
    return ended;
}

} // namespace keystead::host
