#include "features/account/account_admin_service.h"

namespace keystead::account {

Result<Account> AccountAdminService::disable(WriteTx& tx, const Actor& actor, AccountId account)
{
    if (actor.kind == ActorKind::Account && actor.account == account) {
        return Error{ErrorKind::Conflict, "account/self",
                     "An operator cannot disable their own account."};
    }
    KS_CHECK(tx.lock(account));
    KS_TRY(const bool changed, accounts_.set_state(tx, actor, account, State::Disabled));
    if (changed) {
        KS_CHECK(sessions_.end_all(tx, actor, account, EndReason::AccountDisabled));
        KS_CHECK(links_.void_requests(tx, account));
        KS_CHECK(notices_.tell_owner(tx, actor, account, notify::Purpose::AccountDisabled));
    }
    return accounts_.load(tx, account);
}

Result<Account> AccountAdminService::enable(WriteTx& tx, const Actor& actor, AccountId account)
{
    KS_CHECK(tx.lock(account));
    KS_CHECK(accounts_.set_state(tx, actor, account, State::Active));
    KS_CHECK(sessions_.forget_cached(tx, account)); // Servers let its keys in again.
    return accounts_.load(tx, account);
}

Result<void> AccountAdminService::invite(WriteTx& tx, const Actor& actor,
                                         const EmailAddress& address)
{
    KS_TRY(const auto known, accounts_.find_by_email(tx, address));
    KS_CHECK(audit_.append(tx, {.actor = actor,
                                .action = "account.invite",
                                .target = {.kind = "email"},
                                .details = {{.name = "email",
                                             .value = address.text(),
                                             .kind = audit::Detail::Kind::Personal}}}));
    KS_TRY(const auto admission,
           notifier_.admit(tx, {.purpose = notify::Purpose::Invitation,
                                .otherwise = notify::Purpose::SignUpAccountExists,
                                .to = address.text(),
                                .link_lifetime = settings_.invitation_lifetime}));
    if (admission == notify::Admission::Merge) {
        return {};
    }
    KS_TRY(const Secret token,
           links_.make(tx, {.purpose = link::Purpose::Invitation,
                            .lifetime = settings_.invitation_lifetime,
                            .address = address.text(),
                            .effect = known ? link::Effect::Inert : link::Effect::Usable}));
    notify::Message message{.purpose = notify::Purpose::SignUpAccountExists, .to = address.text()};
    if (!known) {
        message.purpose = notify::Purpose::Invitation;
        message.link_path = "/sign-up/confirm";
        message.link_token = &token;
    }
    return notifier_.enqueue(tx, message);
}

} // namespace keystead::account
