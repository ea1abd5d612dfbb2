// features/account/notices_service.h
//
// Tells an account's owner what was changed: one mail to every address of hers, old ones too, as
// rows of the transaction that makes the change (no change without message). With time, address and
// device, and where a session made the change with a "this was not me" link for it. An account may
// switch off the notices that the settings call optional, and no other. Sources: OWASP ASVS 5.0
// V6.3.5, V6.3.7; NIST SP 800-63B-4 §4.6.
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/notice_kind.h"
#include "core/result.h"
#include "core/secret.h"
#include "core/settings.h"
#include "features/account/account_service.h"
#include "features/account/notice_store.h"
#include "features/audit/audit_log.h"
#include "features/link/link_service.h"
#include "features/notify/notify_service.h"
#include "storage/database.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::account {

/// A link of the caller's in place of the "this was not me" link.
struct NoticeLink {
    std::string_view path; // "/email/undo"
    const Secret* token;
};

/// Words for a device ("Firefox on Linux"), from what the client said of itself; empty when
/// unknown.
using DescribeDevice = std::function<std::string(const ClientDescription&)>;

/// One optional notice as its owner sees it.
struct Choice {
    OptionalNotice kind;
    enum class Changeable : std::uint8_t { No, Yes } changeable;
    enum class Sent : std::uint8_t { No, Yes } sent;
};
struct Wish {
    OptionalNotice kind;
    Choice::Sent sent;
};

class Notices {
public:
    Notices(AccountService& accounts, NoticeStore& store, link::LinkService& links,
            notify::Notifier& notifier, audit::AuditLog& audit, const Settings& settings,
            const Clock& clock, DescribeDevice describe_device)
        : accounts_(accounts), store_(store), links_(links), notifier_(notifier), audit_(audit),
          settings_(settings), clock_(clock), describe_device_(std::move(describe_device))
    {
    }

    /// Queues one message an address, unless the account has switched these off. Facts "time", "ip"
    /// and "device" are added from `actor` where it has them.
    Result<void> tell_owner(WriteTx& tx, const Actor& actor, AccountId account,
                            notify::Purpose purpose, notify::Facts facts = {},
                            std::optional<NoticeLink> own_link = std::nullopt);

    /// tell_owner() of something that an attacker can cause again and again: nothing while the last
    /// such notice is younger than `notice.merge`.
    Result<void> tell_attack(WriteTx& tx, const Actor& actor, AccountId account,
                             notify::Purpose purpose);

    /// All optional kinds, in their order.
    Result<std::vector<Choice>> choices(ReadTx& tx, AccountId account);
    /// Tells the owner, whatever is switched off; records account.choose-notices. What is so
    /// already changes nothing. Errors: account/notice-not-optional (Forbidden).
    Result<void> choose(WriteTx& tx, const Actor& actor, AccountId account,
                        const std::vector<Wish>& wishes);

private:
    Result<bool> is_sent(ReadTx& tx, AccountId account, notify::Purpose purpose);
    bool is_optional(OptionalNotice kind) const;
    Choice::Sent sent_of(const NoticeChoice& stored, OptionalNotice kind) const;

    AccountService& accounts_;
    NoticeStore& store_;
    link::LinkService& links_;
    notify::Notifier& notifier_;
    audit::AuditLog& audit_;
    const Settings& settings_;
    const Clock& clock_;
    DescribeDevice describe_device_;
};

} // namespace keystead::account
