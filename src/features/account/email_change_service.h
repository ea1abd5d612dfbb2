// features/account/email_change_service.h
//
// Changing the address one signs in with: asked for in a stepped-up session, proved by a link to
// the new address, and undone by a link to the old ones for some days, since whoever has stolen a
// session would begin with just this. Not here: further notification addresses
// (notification_address_service.h).
//
//   unchanged ──request──▶ pending ──confirm──▶ changed, undo open ──7 days──▶ unchanged
//     ▲ ▲                    │                     │
//     │ └─newer request, time┘                     │
//     └──undo: old address back, sessions ended────┘
//
// An undo drops what came after the address it restores, and leaves the links of older addresses
// alone: the oldest wins, so that a thief who changed the address twice gains nothing. The password
// is not changed by an undo.
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "core/settings.h"
#include "features/account/account_service.h"
#include "features/account/notices_service.h"
#include "features/audit/audit_log.h"
#include "features/link/link_service.h"
#include "features/notify/notify_service.h"
#include "storage/database.h"

#include <cstdint>
#include <string_view>

namespace keystead::account {

enum class Spent : std::uint8_t { Done, LinkInvalid };

class EmailChangeService {
public:
    EmailChangeService(AccountService& accounts, AccountStore& store, SessionEnder& sessions,
                       Notices& notices, link::LinkService& links, notify::Notifier& notifier,
                       audit::AuditLog& audit, const AccountSettings& settings, const Clock& clock)
        : accounts_(accounts), store_(store), sessions_(sessions), notices_(notices), links_(links),
          notifier_(notifier), audit_(audit), settings_(settings), clock_(clock)
    {
    }

    /// Mails a link to the new address; where that has an account already, a mail that says so,
    /// with equal rows.
    Result<void> request(WriteTx& tx, const Actor& actor, const EmailAddress& address);
    /// Errors: account/email-taken (Conflict), when someone else confirmed the address first.
    Result<Spent> confirm(WriteTx& tx, const Actor& actor, std::string_view token);
    Result<Spent> undo(WriteTx& tx, const Actor& actor, std::string_view token);

private:
    /// Whether the account takes up an address that was its own before.
    enum class Return : std::uint8_t { No, Yes };

    Result<Return> claim(WriteTx& tx, const Account& account, const EmailAddress& address);
    /// A link that opens nothing: a value, so that its record commits.
    Result<Spent> refuse(WriteTx& tx, const Actor& actor, std::string_view action);

    AccountService& accounts_;
    AccountStore& store_;
    SessionEnder& sessions_;
    Notices& notices_;
    link::LinkService& links_;
    notify::Notifier& notifier_;
    audit::AuditLog& audit_;
    const AccountSettings& settings_;
    const Clock& clock_;
};

} // namespace keystead::account
