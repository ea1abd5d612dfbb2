#include "features/password_change/password_change_service.h"

#include <utility>

namespace keystead::password_change {

Result<Begun> PasswordChangeService::begin(WriteTx& tx, const Actor& actor)
{
    KS_TRY(const auto verdict,
           p_.budgets.charge(tx, attempt_budget::Scope::StepUp, actor.account, p_.clock.now()));
    if (!verdict.allowed()) {
        return Error{.kind = ErrorKind::RateLimited,
                     .code = "password/too-many-attempts",
                     .detail = "Too many attempts. Wait and try again.",
                     .retry_after = verdict.retry_after};
    }
    KS_CHECK(p_.audit.append(
        tx, {.actor = actor, .action = "password.attempt", .account = actor.account}));
    KS_TRY(auto account, p_.accounts.load(tx, actor.account));
    KS_TRY(auto stored, p_.passwords.find(tx, actor.account));
    KS_TRY(const bool has_second_factor, p_.totp.has_confirmed(tx, actor.account));
    return Begun{std::move(account), std::move(stored), has_second_factor};
}

Result<void> PasswordChangeService::refuse(WriteTx& tx, const Actor& actor)
{
    return p_.audit.append(tx, {.actor = actor,
                                .action = "password.attempt",
                                .outcome = audit::Outcome::Refused,
                                .account = actor.account});
}

Result<Changed> PasswordChangeService::finish(WriteTx& tx, const Actor& actor,
                                              const password::StoredPassword& checked,
                                              const password::HashedPassword& hashed,
                                              OtherSessions others)
{
    KS_CHECK(tx.lock(actor.account));
    KS_TRY(const bool has_second_factor, p_.totp.has_confirmed(tx, actor.account));
    if (hashed.satisfies == password::Satisfies::WithSecondFactor && !has_second_factor) {
        // It was removed while the hash was made, and this password cannot stand alone.
        return Error{ErrorKind::Conflict, "password/changed-meanwhile",
                     "The second factor was removed at the same time: choose again."};
    }
    KS_CHECK(p_.passwords.replace(tx, actor, checked, hashed));
    KS_CHECK(p_.links.void_requests(tx, actor.account));
    // Flows that began with the old password lead nowhere now.
    KS_TRY([[maybe_unused]] const auto epoch, p_.accounts.raise_epoch(tx, actor.account));
    if (others == OtherSessions::End) {
        KS_TRY(
            [[maybe_unused]] const int ended,
            p_.sessions.revoke_others(tx, actor, actor.account, actor.session, "password-changed"));
    }
    // Where there is a second factor, the password alone proves too little for grave acts.
    const auto proof = has_second_factor ? session::Proof::Weaker : session::Proof::Strongest;
    KS_TRY(auto established, p_.sessions.renew(tx, actor, actor.account, actor.session,
                                               session::Method::Password, proof));
    KS_CHECK(p_.budgets.clear(tx, attempt_budget::Scope::StepUp, actor.account.bytes()));
    KS_CHECK(p_.notices.tell_owner(tx, actor, actor.account, notify::Purpose::PasswordChanged));
    KS_TRY(auto account, p_.accounts.load(tx, actor.account));
    return Changed{std::move(established), std::move(account)};
}

} // namespace keystead::password_change
