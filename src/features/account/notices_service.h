// features/account/notices_service.h
//
// Tells an account's owner what was changed: one mail to every address of hers, old ones too, as
// rows of the transaction that makes the change (no change without message). With time, address and
// device, and where a session made the change with a "this was not me" link for it. Sources:
// OWASP ASVS 5.0 V6.3.7; NIST SP 800-63B-4 §4.6.
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "core/secret.h"
#include "core/settings.h"
#include "features/account/account_service.h"
#include "features/link/link_service.h"
#include "features/notify/notify_service.h"
#include "storage/database.h"

#include <functional>
#include <string>
#include <string_view>

namespace keystead::account {

/// A link of the caller's in place of the "this was not me" link.
struct NoticeLink {
    std::string_view path; // "/email/undo"
    const Secret* token;
};

/// Words for a device ("Firefox on Linux"), from what the client said of itself; empty when
/// unknown.
using DescribeDevice = std::function<std::string(const ClientDescription&)>;

class Notices {
public:
    Notices(AccountService& accounts, link::LinkService& links, notify::Notifier& notifier,
            const AccountSettings& settings, const Clock& clock, DescribeDevice describe_device)
        : accounts_(accounts), links_(links), notifier_(notifier), settings_(settings),
          clock_(clock), describe_device_(std::move(describe_device))
    {
    }

    /// Queues one message an address. Facts "time", "ip" and "device" are added from `actor` where
    /// it has them.
    Result<void> tell_owner(WriteTx& tx, const Actor& actor, AccountId account,
                            notify::Purpose purpose, notify::Facts facts = {},
                            std::optional<NoticeLink> own_link = std::nullopt);

private:
    AccountService& accounts_;
    link::LinkService& links_;
    notify::Notifier& notifier_;
    const AccountSettings& settings_;
    const Clock& clock_;
    DescribeDevice describe_device_;
};

} // namespace keystead::account
