#include "features/step_up/step_up_service.h"

#include <utility>

namespace keystead::step_up {

using attempt_budget::Scope;

Result<Factor> StepUpService::strongest_factor(ReadTx& tx, AccountId account)
{
    KS_TRY(const bool second_factor, p_.totp.has_confirmed(tx, account));
    return second_factor ? Factor::SecondFactor : Factor::Password;
}

Result<void> StepUpService::charge(WriteTx& tx, const Actor& actor, Scope scope)
{
    KS_TRY(const auto verdict, p_.budgets.charge(tx, scope, actor.account, p_.clock.now()));
    if (!verdict.allowed()) {
        return Error{.kind = ErrorKind::RateLimited,
                     .code = "step-up/too-many-attempts",
                     .detail = "Too many attempts. Wait and try again.",
                     .retry_after = verdict.retry_after};
    }
    return p_.audit.append(tx,
                           {.actor = actor, .action = "step-up.attempt", .account = actor.account});
}

Result<std::optional<password::StoredPassword>> StepUpService::begin_password(WriteTx& tx,
                                                                              const Actor& actor)
{
    KS_TRY(const auto factor, strongest_factor(tx, actor.account));
    if (factor != Factor::Password) {
        return Error{ErrorKind::Forbidden, "step-up/second-factor-needed",
                     "This account has a second factor: use a code."};
    }
    KS_CHECK(charge(tx, actor, Scope::StepUp));
    return p_.passwords.find(tx, actor.account);
}

Result<Outcome> StepUpService::finish_password(WriteTx& tx, const Actor& actor,
                                               const password::PasswordCheck& check)
{
    if (!check.right) {
        KS_CHECK(p_.audit.append(tx, {.actor = actor,
                                      .action = "step-up.refuse",
                                      .outcome = audit::Outcome::Refused,
                                      .account = actor.account}));
        return Outcome{Wrong{}};
    }
    // A second factor may have been confirmed since the hash began.
    KS_TRY(const auto factor, strongest_factor(tx, actor.account));
    if (factor != Factor::Password) {
        return Error{ErrorKind::Forbidden, "step-up/second-factor-needed",
                     "This account has a second factor: use a code."};
    }
    return renew(tx, actor, session::Method::Password, Scope::StepUp);
}

Result<Outcome> StepUpService::verify_totp(WriteTx& tx, const Actor& actor, std::string_view code)
{
    KS_CHECK(charge(tx, actor, Scope::SecondFactor));
    KS_TRY(const auto check, p_.totp.verify(tx, actor, actor.account, code));
    if (check != totp::CodeCheck::Accepted) {
        return Outcome{Wrong{}};
    }
    return renew(tx, actor, session::Method::Totp, Scope::SecondFactor);
}

Result<std::optional<backup_code::CodeSet>> StepUpService::take_backup_code(WriteTx& tx,
                                                                            const Actor& actor)
{
    KS_CHECK(charge(tx, actor, Scope::SecondFactor));
    return p_.backup_codes.find_set(tx, actor.account);
}

Result<Outcome> StepUpService::finish_backup_code(WriteTx& tx, const Actor& actor,
                                                  const backup_code::HashedAttempt& attempt)
{
    KS_TRY(const auto check, p_.backup_codes.spend(tx, actor, attempt));
    if (check != backup_code::CodeCheck::Accepted) {
        return Outcome{Wrong{}};
    }
    return renew(tx, actor, session::Method::BackupCode, Scope::SecondFactor);
}

Result<Outcome> StepUpService::renew(WriteTx& tx, const Actor& actor, session::Method proved,
                                     Scope cleared)
{
    KS_TRY(auto established, p_.sessions.renew(tx, actor, actor.account, actor.session, proved,
                                               session::Proof::Strongest));
    KS_CHECK(p_.budgets.clear(tx, cleared, actor.account.bytes()));
    KS_TRY(auto account, p_.accounts.load(tx, actor.account));
    return Outcome{Renewed{std::move(established), std::move(account)}};
}

} // namespace keystead::step_up
