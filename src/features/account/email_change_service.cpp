#include "features/account/email_change_service.h"

#include <algorithm>
#include <utility>

namespace keystead::account {
namespace {

using audit::Detail;
using audit::Outcome;

Detail personal(std::string_view name, const EmailAddress& address)
{
    return {.name = name, .value = address.text(), .kind = Detail::Kind::Personal};
}

audit::Target target_of(AccountId account)
{
    return {.kind = "account", .id = account.text()};
}

} // namespace

Result<void> EmailChangeService::request(WriteTx& tx, const Actor& actor,
                                         const EmailAddress& address)
{
    const AccountId account = actor.account;
    const Instant now = clock_.now();
    KS_CHECK(tx.lock(account));
    KS_CHECK(accounts_.check_not_being_secured(tx, account));
    KS_TRY(const Account current, accounts_.load(tx, account));
    if (current.email == address) {
        constexpr std::string_view kCode = "account/email-unchanged";
        return Error{.kind = ErrorKind::InvalidInput,
                     .code = kCode,
                     .detail = "This is the account's address already.",
                     .fields = {{"/email", kCode, "This is the account's address already."}}};
    }
    // Known or not, the same statements, rows and mails follow: the answer must not tell (K-12).
    KS_TRY(const auto claimant, store_.find_claimant(tx, address.text(), now));
    const bool is_anothers = claimant && *claimant != account;
    KS_CHECK(audit_.append(tx, {.actor = actor,
                                .action = "account.email-request",
                                .account = account,
                                .target = target_of(account),
                                .details = {personal("email", address)}}));
    KS_TRY(const auto admission,
           notifier_.admit(tx, {.purpose = notify::Purpose::EmailConfirmLink,
                                .otherwise = notify::Purpose::SignUpAccountExists,
                                .to = address.text(),
                                .link_lifetime = settings_.link_lifetime,
                                .asked_by = account}));
    if (admission == notify::Admission::Merge) {
        return {};
    }
    KS_CHECK(store_.set_pending_email(tx, account, address, now + settings_.link_lifetime));
    KS_TRY(const Secret token,
           links_.make(tx, {.purpose = link::Purpose::EmailChange,
                            .lifetime = settings_.link_lifetime,
                            .account = account,
                            .address = address.text(),
                            .effect = is_anothers ? link::Effect::Inert : link::Effect::Usable}));
    notify::Message message{.purpose = notify::Purpose::SignUpAccountExists, .to = address.text()};
    if (!is_anothers) {
        message.purpose = notify::Purpose::EmailConfirmLink;
        message.account = account;
        message.link_path = "/email/confirm";
        message.link_token = &token;
    }
    return notifier_.enqueue(tx, message);
}

Result<Spent> EmailChangeService::confirm(WriteTx& tx, const Actor& actor, std::string_view token)
{
    KS_TRY(const auto bound, links_.spend(tx, link::Purpose::EmailChange, token));
    if (!bound || !bound->account) {
        return refuse(tx, actor, "account.email-change");
    }
    KS_CHECK(tx.lock(*bound->account));
    KS_TRY(const auto account, accounts_.find(tx, *bound->account));
    if (!account || !account->is_active()) {
        return refuse(tx, actor, "account.email-change");
    }
    const EmailAddress address = EmailAddress::stored(bound->address);
    KS_TRY(const Return way, claim(tx, *account, address));
    KS_CHECK(sessions_.forget_cached(tx, account->id));
    KS_CHECK(links_.void_requests(tx, account->id));
    // Back at an address that came first: what came after it is gone with its claims, and has
    // nothing to undo.
    if (way == Return::No) {
        KS_TRY(const Secret undo, links_.make(tx, {.purpose = link::Purpose::EmailUndo,
                                                   .lifetime = settings_.email_undo,
                                                   .account = account->id,
                                                   .address = account->email.text()}));
        KS_CHECK(notices_.tell_owner(tx, actor, account->id, notify::Purpose::EmailChanged,
                                     {{"email", address.text()}},
                                     NoticeLink{"/email/undo", &undo}));
    } else {
        KS_CHECK(notices_.tell_owner(tx, actor, account->id, notify::Purpose::EmailChanged,
                                     {{"email", address.text()}}));
    }
    KS_CHECK(audit_.append(
        tx, {.actor = actor,
             .action = "account.email-change",
             .account = account->id,
             .target = target_of(account->id),
             .details = {personal("from", account->email), personal("to", address)}}));
    return Spent::Done;
}

Result<EmailChangeService::Return> EmailChangeService::claim(WriteTx& tx, const Account& account,
                                                             const EmailAddress& address)
{
    const Instant now = clock_.now();
    KS_TRY(const auto former, store_.list_former_emails(tx, account.id, now));
    const auto way = std::ranges::find(former, address) == former.end() ? Return::No : Return::Yes;
    KS_CHECK(store_.drop_expired_claim(tx, address.text(), now));
    KS_TRY(const bool claimed, store_.claim_email(tx, address.text(), account.id, now));
    if (!claimed) {
        return Error{ErrorKind::Conflict, "account/email-taken",
                     "Another account has this e-mail address."};
    }
    if (way == Return::Yes) {
        KS_CHECK(store_.drop_claims_after(tx, account.id, address.text()));
        KS_CHECK(store_.drop_claim(tx, account.email.text(), account.id));
    } else {
        KS_CHECK(store_.keep_claim_until(tx, account.email.text(), account.id,
                                         now + settings_.email_undo));
    }
    KS_TRY(const auto remaining, store_.list_former_emails(tx, account.id, now));
    auto undo_until = account.email_undo_until;
    if (way == Return::No) {
        undo_until = now + settings_.email_undo;
    } else if (remaining.empty()) {
        undo_until.reset();
    }
    KS_TRY(const bool changed,
           store_.set_email(tx, account.id, account.email.text(), address.text(), undo_until));
    KS_ASSERT(changed); // The row is locked and was just read.
    KS_CHECK(store_.remove_address_named(tx, account.id, address.text()));
    return way;
}

Result<Spent> EmailChangeService::undo(WriteTx& tx, const Actor& actor, std::string_view token)
{
    KS_TRY(const auto bound, links_.spend(tx, link::Purpose::EmailUndo, token));
    if (!bound || !bound->account) {
        return refuse(tx, actor, "account.email-undo");
    }
    KS_CHECK(tx.lock(*bound->account));
    KS_TRY(const auto account, accounts_.find(tx, *bound->account));
    if (!account) {
        return refuse(tx, actor, "account.email-undo");
    }
    // An address that an older one's owner has undone is no longer there to return to, whoever
    // holds a link to it.
    const EmailAddress address = EmailAddress::stored(bound->address);
    KS_TRY(const auto former, store_.list_former_emails(tx, account->id, clock_.now()));
    if (std::ranges::find(former, address) == former.end()) {
        return refuse(tx, actor, "account.email-undo");
    }
    // Told before the claims go, so that the addresses given up hear of it too.
    KS_CHECK(notices_.tell_owner(tx, actor, account->id, notify::Purpose::EmailChangeUndone,
                                 {{"email", address.text()}}));
    KS_CHECK(claim(tx, *account, address));
    KS_CHECK(links_.void_requests(tx, account->id));
    KS_CHECK(sessions_.end_all(tx, actor, account->id, EndReason::EmailUndone));
    KS_CHECK(audit_.append(
        tx, {.actor = actor,
             .action = "account.email-undo",
             .account = account->id,
             .target = target_of(account->id),
             .details = {personal("from", account->email), personal("to", address)}}));
    return Spent::Done;
}

Result<Spent> EmailChangeService::refuse(WriteTx& tx, const Actor& actor, std::string_view action)
{
    KS_CHECK(audit_.append(tx, {.actor = actor, .action = action, .outcome = Outcome::Refused}));
    return Spent::LinkInvalid;
}

} // namespace keystead::account
