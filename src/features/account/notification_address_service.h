// features/account/notification_address_service.h
//
// Further addresses that notices go to. One counts once its owner has followed the link sent there;
// until then it is a row that is told nothing else. At most kAddressesMax an account, the sign-in
// address among them. Source: NIST SP 800-63B-4 §4.6 (at least two notification addresses).
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/random.h"
#include "core/result.h"
#include "core/settings.h"
#include "features/account/account_service.h"
#include "features/account/email_change_service.h"
#include "features/account/notices_service.h"
#include "features/audit/audit_log.h"
#include "features/link/link_service.h"
#include "features/notify/notify_service.h"
#include "storage/database.h"

#include <string_view>
#include <vector>

namespace keystead::account {

/// An address as it is listed; the sign-in address comes first and is confirmed by nature.
struct ListedAddress {
    Address address;
    bool is_primary;
};

class NotificationAddressService {
public:
    NotificationAddressService(AccountService& accounts, AccountStore& store, Notices& notices,
                               link::LinkService& links, notify::Notifier& notifier,
                               audit::AuditLog& audit, const AccountSettings& settings,
                               const Clock& clock, Random& random)
        : accounts_(accounts), store_(store), notices_(notices), links_(links), notifier_(notifier),
          audit_(audit), settings_(settings), clock_(clock), random_(random)
    {
    }

    Result<std::vector<ListedAddress>> list(ReadTx& tx, AccountId account);
    /// Keeps the address unconfirmed and mails it a link. The limit holds when additions race.
    /// Errors: account/address-limit (LimitReached), account/address-exists (Conflict).
    Result<Address> add(WriteTx& tx, const Actor& actor, const EmailAddress& address);
    Result<Spent> confirm(WriteTx& tx, const Actor& actor, std::string_view token);
    /// Errors: account/address-not-found (unknown, or another's), account/address-is-primary
    /// (Conflict).
    Result<void> remove(WriteTx& tx, const Actor& actor, AddressId address);

private:
    /// The row of the address, a new one unless it waits for its link already.
    Result<Address> keep(WriteTx& tx, const Account& account, const EmailAddress& address);
    Result<Spent> refuse(WriteTx& tx, const Actor& actor);

    AccountService& accounts_;
    AccountStore& store_;
    Notices& notices_;
    link::LinkService& links_;
    notify::Notifier& notifier_;
    audit::AuditLog& audit_;
    const AccountSettings& settings_;
    const Clock& clock_;
    Random& random_;
};

} // namespace keystead::account
