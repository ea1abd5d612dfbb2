// features/account/account_admin_service.h
//
// What an operator does to accounts: disable, enable, invite. Apart from AccountService since it
// needs what AccountService itself is needed by: the end of sessions, links and mails.
#pragma once

#include "core/actor.h"
#include "core/id.h"
#include "core/result.h"
#include "core/settings.h"
#include "features/account/account_service.h"
#include "features/account/notices_service.h"
#include "features/audit/audit_log.h"
#include "features/link/link_service.h"
#include "features/notify/notify_service.h"
#include "storage/database.h"

namespace keystead::account {

class AccountAdminService {
public:
    AccountAdminService(AccountService& accounts, SessionEnder& sessions, Notices& notices,
                        link::LinkService& links, notify::Notifier& notifier,
                        audit::AuditLog& audit, const AccountSettings& settings)
        : accounts_(accounts), sessions_(sessions), notices_(notices), links_(links),
          notifier_(notifier), audit_(audit), settings_(settings)
    {
    }

    /// Ends every session with it and tells the owner. Doing it again changes nothing.
    /// Errors: account/not-found, account/self (Conflict: nobody disables the account they act
    /// with).
    Result<Account> disable(WriteTx& tx, const Actor& actor, AccountId account);
    /// Errors: account/not-found.
    Result<Account> enable(WriteTx& tx, const Actor& actor, AccountId account);
    /// Mails a sign-up link, or to an address that has an account that it has one: the operator
    /// learns nothing either.
    Result<void> invite(WriteTx& tx, const Actor& actor, const EmailAddress& address);

private:
    AccountService& accounts_;
    SessionEnder& sessions_;
    Notices& notices_;
    link::LinkService& links_;
    notify::Notifier& notifier_;
    audit::AuditLog& audit_;
    const AccountSettings& settings_;
};

} // namespace keystead::account
