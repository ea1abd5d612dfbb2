#include "features/account/notification_address_service.h"

#include <algorithm>
#include <utility>

namespace keystead::account {
namespace {

using audit::Detail;

audit::Event event_of(const Actor& actor, std::string_view action, const Address& address)
{
    return {.actor = actor,
            .action = action,
            .account = address.account,
            .target = {.kind = "address", .id = address.id.text()},
            .details = {
                {.name = "email", .value = address.email.text(), .kind = Detail::Kind::Personal}}};
}

/// The sign-in address has no row of its own; its id is the account's.
ListedAddress primary_of(const Account& account)
{
    return {.address = {.id = AddressId{account.id.bytes()},
                        .account = account.id,
                        .email = account.email,
                        .created_at = account.created_at,
                        .confirmed_at = account.created_at},
            .is_primary = true};
}

Error already_there()
{
    return Error{ErrorKind::Conflict, "account/address-exists",
                 "Notices go to this address already."};
}

} // namespace

Result<std::vector<ListedAddress>> NotificationAddressService::list(ReadTx& tx, AccountId account)
{
    KS_TRY(const Account found, accounts_.load(tx, account));
    KS_TRY(auto further, store_.list_addresses(tx, account));
    std::vector<ListedAddress> listed{primary_of(found)};
    for (Address& address : further) {
        listed.push_back({.address = std::move(address), .is_primary = false});
    }
    return listed;
}

Result<Address> NotificationAddressService::keep(WriteTx& tx, const Account& account,
                                                 const EmailAddress& address)
{
    KS_TRY(const auto others, store_.list_addresses(tx, account.id));
    const auto known = std::ranges::find(others, address, &Address::email);
    if (account.email == address || (known != others.end() && known->confirmed_at)) {
        return already_there();
    }
    if (known != others.end()) {
        return *known; // Asked for again: the link goes out again.
    }
    if (others.size() + 1 >= kAddressesMax) {
        return Error{ErrorKind::LimitReached, "account/address-limit",
                     "An account has at most five addresses for notices. Remove one first."};
    }
    const Instant now = clock_.now();
    Address added{.id = AddressId::make(now, random_),
                  .account = account.id,
                  .email = address,
                  .created_at = now};
    KS_TRY(const bool inserted, store_.insert_address(tx, added));
    if (!inserted) {
        return already_there();
    }
    return added;
}

Result<Address> NotificationAddressService::add(WriteTx& tx, const Actor& actor,
                                                const EmailAddress& address)
{
    // On PostgreSQL a count settles nothing by itself: without this two additions count the same
    // four.
    KS_CHECK(tx.lock(actor.account));
    KS_CHECK(accounts_.check_not_being_secured(tx, actor.account));
    KS_TRY(const Account account, accounts_.load(tx, actor.account));
    KS_TRY(Address added, keep(tx, account, address));
    KS_CHECK(audit_.append(tx, event_of(actor, "account.address-add", added)));
    KS_TRY(const auto admission,
           notifier_.admit(tx, {.purpose = notify::Purpose::NotificationAddressLink,
                                .otherwise = notify::Purpose::NotificationAddressLink,
                                .to = address.text(),
                                .link_lifetime = settings_.link_lifetime,
                                .asked_by = account.id}));
    if (admission == notify::Admission::Merge) {
        return added;
    }
    KS_TRY(const Secret token, links_.make(tx, {.purpose = link::Purpose::NotificationAddress,
                                                .lifetime = settings_.link_lifetime,
                                                .account = account.id,
                                                .address = address.text(),
                                                .reference = added.id.text()}));
    KS_CHECK(notifier_.enqueue(tx, {.purpose = notify::Purpose::NotificationAddressLink,
                                    .to = address.text(),
                                    .account = account.id,
                                    .link_path = "/notification-address/confirm",
                                    .link_token = &token}));
    return added;
}

Result<Spent> NotificationAddressService::confirm(WriteTx& tx, const Actor& actor,
                                                  std::string_view token)
{
    KS_TRY(const auto bound, links_.spend(tx, link::Purpose::NotificationAddress, token));
    const auto id = bound ? AddressId::parse(bound->reference) : std::nullopt;
    if (!id || !bound->account) {
        return refuse(tx, actor);
    }
    KS_CHECK(tx.lock(*bound->account));
    KS_TRY(const auto confirmed, store_.confirm_address(tx, *bound->account, *id, clock_.now()));
    if (!confirmed) {
        return refuse(tx, actor); // It was removed since.
    }
    KS_CHECK(notices_.tell_owner(tx, actor, confirmed->account,
                                 notify::Purpose::NotificationAddressAdded,
                                 {{"email", confirmed->email.text()}}));
    KS_CHECK(audit_.append(tx, event_of(actor, "account.address-confirm", *confirmed)));
    return Spent::Done;
}

Result<Spent> NotificationAddressService::refuse(WriteTx& tx, const Actor& actor)
{
    KS_CHECK(audit_.append(
        tx,
        {.actor = actor, .action = "account.address-confirm", .outcome = audit::Outcome::Refused}));
    return Spent::LinkInvalid;
}

Result<void> NotificationAddressService::remove(WriteTx& tx, const Actor& actor, AddressId address)
{
    const AccountId account = actor.account;
    if (address.bytes() == account.bytes()) {
        return Error{ErrorKind::Conflict, "account/address-is-primary",
                     "This is the address you sign in with. Change it instead."};
    }
    KS_CHECK(tx.lock(account));
    KS_TRY(const auto addresses, store_.list_addresses(tx, account));
    const auto found = std::ranges::find(addresses, address, &Address::id);
    if (found == addresses.end()) {
        return Error{ErrorKind::NotFound, "account/address-not-found", "There is no such address."};
    }
    // Told before the row goes, so that the address removed hears of it; one that never answered is
    // told nothing.
    if (found->confirmed_at) {
        KS_CHECK(notices_.tell_owner(tx, actor, account,
                                     notify::Purpose::NotificationAddressRemoved,
                                     {{"email", found->email.text()}}));
    }
    KS_CHECK(store_.remove_address(tx, account, address));
    return audit_.append(tx, event_of(actor, "account.address-remove", *found));
}

} // namespace keystead::account
