// features/host/host_change_service.cpp
//
// The part of HostService that changes what a server is called and who may log in to it. What may
// no longer is a removal, to be confirmed by the server like that of a revoked key.
#include "features/host/host_service.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace keystead::host {
namespace {

using Users = std::vector<std::string>;
using Keys = std::vector<SshKeyId>;

/// What of `from` is not in `other`, in order.
template <class Item> std::vector<Item> without(std::vector<Item> from, std::vector<Item> other)
{
    std::ranges::sort(from);
    std::ranges::sort(other);
    std::vector<Item> left;
    std::ranges::set_difference(from, other, std::back_inserter(left));
    return left;
}

Keys opening(const Host& host, const std::vector<ssh_key::SshKey>& keys, const Keys& chosen)
{
    Keys ids;
    for (const ssh_key::SshKey& key : keys) {
        if (host.is_opened_by(key.id, chosen)) {
            ids.push_back(key.id);
        }
    }
    return ids;
}

/// Whether the same people log in, with the same keys.
bool opens_as_before(const Host& before, const Keys& chosen_before, const Host& host,
                     const HostChange& wanted)
{
    if (!without(before.login_users, host.login_users).empty() ||
        !without(host.login_users, before.login_users).empty()) {
        return false;
    }
    switch (wanted.keys) {
    case HostChange::Keys::AsBefore: return true;
    case HostChange::Keys::All: return before.keys == KeyChoice::All;
    case HostChange::Keys::Chosen:
        return before.keys == KeyChoice::Chosen && without(chosen_before, wanted.chosen).empty() &&
               without(wanted.chosen, chosen_before).empty();
    }
    std::abort(); // No default label: the compiler names the kind that someone forgot.
}

/// Says nothing of what stayed as it was.
struct Differences {
    std::vector<audit::Detail> details;
    void add(std::string_view name, std::string text, audit::Detail::Kind kind)
    {
        if (!text.empty()) {
            details.push_back({name, std::move(text), kind});
        }
    }
};

} // namespace

std::string ids_text(const std::vector<SshKeyId>& keys)
{
    constexpr std::size_t kShown = 20;
    std::string text;
    for (std::size_t i = 0; i < std::min(keys.size(), kShown); ++i) {
        text.append(i == 0 ? "" : " ").append(keys[i].text());
    }
    if (keys.size() > kShown) {
        text.append(" and ").append(std::to_string(keys.size() - kShown)).append(" more");
    }
    return text;
}

Result<void> HostService::note_login_users(WriteTx& tx, const Host& before, const Host& after)
{
    for (const std::string& user : without(before.login_users, after.login_users)) {
        KS_CHECK(p_.records.add_removal(tx, before.id, before.account, kNoKey, user_digest(user),
                                        p_.clock.now()));
    }
    for (const std::string& user : without(after.login_users, before.login_users)) {
        KS_CHECK(p_.records.forget_removal(tx, before.id, user_digest(user)));
    }
    return before.login_users == after.login_users ? Result<void>{}
                                                   : p_.records.keep_newest_removals(tx, before.id);
}

Result<void> HostService::change_keys(WriteTx& tx, Host& host, const HostChange& wanted)
{
    switch (wanted.keys) {
    case HostChange::Keys::AsBefore: return {};
    case HostChange::Keys::All:
        host.keys = KeyChoice::All;
        return p_.store.forget_choice(tx, host.id);
    case HostChange::Keys::Chosen:
        host.keys = KeyChoice::Chosen;
        KS_CHECK(p_.store.forget_choice(tx, host.id));
        return choose(tx, host.id, wanted.chosen);
    }
    std::abort(); // No default label: the compiler names the kind that someone forgot.
}

Result<std::vector<audit::Detail>> HostService::follow_change(WriteTx& tx, const Host& before,
                                                              const Keys& chosen_before,
                                                              const Host& after)
{
    KS_TRY(auto keys, p_.ssh_keys.list(tx, before.account));
    KS_TRY(const auto chosen, p_.store.list_chosen(tx, before.id));
    const Keys opened = opening(before, keys, chosen_before);
    const Keys opens = opening(after, keys, chosen);
    const Keys removed = without(opened, opens);
    std::erase_if(keys, [&](const ssh_key::SshKey& key) {
        return !std::ranges::binary_search(removed, key.id);
    });
    KS_CHECK(add_removals(tx, before, keys));
    KS_CHECK(note_login_users(tx, before, after));

    using Kind = audit::Detail::Kind;
    Differences changed;
    if (before.name != after.name) {
        changed.add("name_before", before.name, Kind::Personal);
    }
    changed.add("login_users_added", join_users(without(after.login_users, before.login_users)),
                Kind::Personal);
    changed.add("login_users_removed", join_users(without(before.login_users, after.login_users)),
                Kind::Personal);
    if (before.keys != after.keys) {
        changed.add("ssh_keys", std::string(after.keys == KeyChoice::All ? kAllKeys : kChosenKeys),
                    Kind::Plain);
    }
    changed.add("ssh_keys_added", ids_text(without(opens, opened)), Kind::Plain);
    changed.add("ssh_keys_removed", ids_text(removed), Kind::Plain);
    return std::move(changed.details);
}

Result<Host> HostService::change(WriteTx& tx, const Actor& actor, AccountId account, HostId id,
                                 const HostChange& wanted)
{
    KS_CHECK(lock_open(tx, account));
    KS_TRY(const Host before, find_or_refuse(tx, account, id));
    KS_TRY(const auto chosen_before, p_.store.list_chosen(tx, id));
    Host host = before;
    host.name = wanted.name.value_or(host.name);
    host.login_users = each_once(wanted.login_users.value_or(host.login_users));
    KS_CHECK(check_wanted(tx, account, host.login_users, wanted.chosen));
    // Who can change a server could fill its owner's activity otherwise, so that what they did to
    // it is not found among what was none: nothing is recorded of nothing, and a name apart.
    const bool only_name = opens_as_before(before, chosen_before, host, wanted);
    if (only_name && host.name == before.name) {
        return before;
    }
    KS_CHECK(change_keys(tx, host, wanted));
    KS_CHECK(p_.store.change(tx, host));
    KS_TRY(auto details, follow_change(tx, before, chosen_before, host));
    p_.contents.forget(tx, account);
    KS_CHECK(
        record(tx, actor, only_name ? "host.rename" : "host.change", host, std::move(details)));
    return host;
}

} // namespace keystead::host
