#include "features/account/notices_service.h"

#include "core/encoding.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

namespace keystead::account {
namespace {

/// A session can be told from its owner only when it acts for the account itself.
bool acts_by_session(const Actor& actor, AccountId account)
{
    return actor.kind == ActorKind::Account && actor.account == account && !actor.session.is_nil();
}

/// Which notices an account may be allowed to do without.
std::optional<OptionalNotice> optional_kind(notify::Purpose purpose)
{
    switch (purpose) {
    case notify::Purpose::NewSignIn: return OptionalNotice::NewDevice;
    case notify::Purpose::SessionsEnded: return OptionalNotice::SessionsEnded;
    case notify::Purpose::SshKeyOld: return OptionalNotice::KeyReminder;
    case notify::Purpose::WebhookStopped: return OptionalNotice::WebhookStopped;
    // clang-format off
    case notify::Purpose::SignUpLink: case notify::Purpose::SignUpAccountExists:
    case notify::Purpose::Invitation: case notify::Purpose::RecoveryLink:
    case notify::Purpose::RecoveryNoAccount: case notify::Purpose::PasswordChanged:
    case notify::Purpose::EmailConfirmLink: case notify::Purpose::EmailChanged:
    case notify::Purpose::EmailChangeUndone: case notify::Purpose::NotificationAddressLink:
    case notify::Purpose::NotificationAddressAdded:
    case notify::Purpose::NotificationAddressRemoved: case notify::Purpose::SecondFactorEnabled:
    case notify::Purpose::SecondFactorDisabled: case notify::Purpose::AuthenticatorAdded:
    case notify::Purpose::AuthenticatorRemoved: case notify::Purpose::BackupCodesMade:
    case notify::Purpose::BackupCodeUsed: case notify::Purpose::SecondFactorFailing:
    case notify::Purpose::DeletionRequested: case notify::Purpose::DeletionCancelled:
    case notify::Purpose::AccountDeleted: case notify::Purpose::AccountDisabled:
    case notify::Purpose::FactorsReset: case notify::Purpose::FactorResetPending:
    case notify::Purpose::TokenCreated: case notify::Purpose::TokenRotated:
    case notify::Purpose::TokenRevoked: case notify::Purpose::TokenSurrendered:
    case notify::Purpose::ServerRestored: case notify::Purpose::WebhookChanged:
    case notify::Purpose::TokenSuspended: case notify::Purpose::SshKeyAdded:
    case notify::Purpose::SshKeyRotated: case notify::Purpose::SshKeyRevoked:
    case notify::Purpose::SshKeyCompromised: case notify::Purpose::NewCountrySignIn:
    case notify::Purpose::SignInAfterFailures: case notify::Purpose::RecoveryFailing:
    case notify::Purpose::TokenConfirmed: case notify::Purpose::SshKeyConfirmed:
    case notify::Purpose::BackupCodesConfirmed: case notify::Purpose::NoticesChanged:
    case notify::Purpose::NotMeReported: case notify::Purpose::AuditNotShipped:
    case notify::Purpose::AccountFrozen: case notify::Purpose::AccountSecured:
        // clang-format on
        return std::nullopt;
    }
    std::abort();
}

bool lists(const std::vector<std::string>& names, OptionalNotice kind)
{
    return std::ranges::find(names, name_of(kind)) != names.end();
}

} // namespace

Result<void> Notices::tell_owner(WriteTx& tx, const Actor& actor, AccountId account,
                                 notify::Purpose purpose, notify::Facts facts,
                                 std::optional<NoticeLink> own_link)
{
    KS_TRY(const bool wanted, is_sent(tx, account, purpose));
    if (!wanted) {
        return {};
    }
    KS_TRY(const auto addresses, accounts_.addresses_to_tell(tx, account));
    facts.emplace_back("time", rfc3339(clock_.now()));
    if (actor.ip) {
        facts.emplace_back("ip", actor.ip->text());
    }
    if (std::string device =
            describe_device_ ? describe_device_(actor.client_description) : std::string();
        !device.empty()) {
        facts.emplace_back("device", std::move(device));
    }
    std::optional<Secret> not_me;
    if (!own_link && acts_by_session(actor, account)) {
        KS_TRY(Secret token, links_.make(tx, {.purpose = link::Purpose::NotMe,
                                              .lifetime = settings_.account.email_undo,
                                              .account = account,
                                              .reference = actor.session.text()}));
        not_me.emplace(std::move(token));
        own_link = NoticeLink{"/not-me", &*not_me};
    }
    for (const EmailAddress& address : addresses) {
        KS_CHECK(notifier_.enqueue(tx, {.purpose = purpose,
                                        .to = address.text(),
                                        .account = account,
                                        .link_path = own_link ? own_link->path : std::string_view{},
                                        .link_token = own_link ? own_link->token : nullptr,
                                        .facts = facts}));
    }
    return {};
}

Result<void> Notices::tell_attack(WriteTx& tx, const Actor& actor, AccountId account,
                                  notify::Purpose purpose)
{
    const Instant now = clock_.now();
    KS_TRY(const bool due, store_.mark_attack_told(tx, account, now, now - settings_.notice.merge));
#ifndef KEYSTEAD_WITHOUT_ATTACKS_MERGED
    if (!due) {
        return {};
    }
#else
    static_cast<void>(due);
#endif
    return tell_owner(tx, actor, account, purpose);
}

bool Notices::is_optional(OptionalNotice kind) const
{
#ifndef KEYSTEAD_WITHOUT_GRAVE_NOTICES
    return lists(settings_.notice.optional, kind);
#else
    static_cast<void>(kind);
    return true;
#endif
}

Choice::Sent Notices::sent_of(const NoticeChoice& stored, OptionalNotice kind) const
{
    const auto bit = std::int64_t{std::to_underlying(kind)};
    if (!is_optional(kind)) {
        return Choice::Sent::Yes;
    }
    const bool sent = (stored.chosen & bit) != 0 ? (stored.sent & bit) != 0
                                                 : !lists(settings_.notice.off_by_default, kind);
    return sent ? Choice::Sent::Yes : Choice::Sent::No;
}

Result<bool> Notices::is_sent(ReadTx& tx, AccountId account, notify::Purpose purpose)
{
    const auto kind = optional_kind(purpose);
    if (!kind) {
        return true;
    }
    KS_TRY(const auto stored, store_.find(tx, account));
    return sent_of(stored, *kind) == Choice::Sent::Yes;
}

Result<std::vector<Choice>> Notices::choices(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto stored, store_.find(tx, account));
    std::vector<Choice> list;
    for (const OptionalNotice kind : kOptionalNotices) {
        list.push_back({kind, is_optional(kind) ? Choice::Changeable::Yes : Choice::Changeable::No,
                        sent_of(stored, kind)});
    }
    return list;
}

Result<void> Notices::choose(WriteTx& tx, const Actor& actor, AccountId account,
                             const std::vector<Wish>& wishes)
{
    KS_CHECK(tx.lock(account));
    KS_TRY(auto stored, store_.find(tx, account));
    notify::Facts facts;
    std::vector<audit::Detail> details;
    for (const auto& [kind, sent] : wishes) {
        if (sent_of(stored, kind) == sent) {
            continue;
        }
        if (!is_optional(kind)) {
            return Error{ErrorKind::Forbidden, "account/notice-not-optional",
                         "This notice is always sent."};
        }
        const auto bit = std::int64_t{std::to_underlying(kind)};
        const bool on = sent == Choice::Sent::Yes;
        stored.chosen |= bit;
        stored.sent = on ? stored.sent | bit : stored.sent & ~bit;
        facts.emplace_back(name_of(kind), on ? "on" : "off");
        details.push_back({name_of(kind), on ? "on" : "off"});
    }
    if (facts.empty()) {
        return {};
    }
    KS_CHECK(store_.put(tx, account, stored));
    KS_CHECK(tell_owner(tx, actor, account, notify::Purpose::NoticesChanged, std::move(facts)));
    return audit_.append(tx, {.actor = actor,
                              .action = "account.choose-notices",
                              .account = account,
                              .target = {"account", account.text()},
                              .details = std::move(details)});
}

} // namespace keystead::account
