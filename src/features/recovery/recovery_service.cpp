#include "features/recovery/recovery_service.h"

#include <utility>

namespace keystead::recovery {
namespace {

Actor as_account(Actor actor, AccountId account)
{
    actor.kind = ActorKind::Account;
    actor.account = account;
    return actor;
}

} // namespace

Error second_factor_required()
{
    Error error{ErrorKind::Unauthenticated, "recovery/second-factor-required",
                "This account has a second factor: a code is needed, too."};
    error.extension = R"("methods":["totp","backup-code"])";
    return error;
}

Result<void> RecoveryService::request(WriteTx& tx, const Actor& actor,
                                      const account::EmailAddress& email)
{
    KS_TRY(const auto account, p_.accounts.find_by_email(tx, email));
    KS_TRY(const auto stored, p_.passwords.find(tx, account ? account->id : AccountId{}));
    const bool usable = account && account->is_active() && stored;
    // Whatever comes of it, the record is the same.
    KS_CHECK(p_.audit.append(tx, {.actor = actor,
                                  .action = "recovery.request",
                                  .account = account ? std::optional(account->id) : std::nullopt,
                                  .details = {audit::identifier_digest(p_.keys, email.text())}}));
    KS_TRY(const auto admission,
           p_.notifier.admit(tx, {.purpose = notify::Purpose::RecoveryLink,
                                  .otherwise = notify::Purpose::RecoveryNoAccount,
                                  .to = email.text(),
                                  .link_lifetime = p_.settings.link_lifetime}));
    if (admission == notify::Admission::Merge) {
        return {};
    }
    KS_TRY(const Secret token,
           p_.links.make(tx, {.purpose = link::Purpose::Recovery,
                              .lifetime = p_.settings.link_lifetime,
                              .account = usable ? std::optional(account->id) : std::nullopt,
                              .address = email.text(),
                              .effect = usable ? link::Effect::Usable : link::Effect::Inert}));
    notify::Message message{.purpose = notify::Purpose::RecoveryNoAccount, .to = email.text()};
    if (usable) {
        message = {.purpose = notify::Purpose::RecoveryLink,
                   .to = email.text(),
                   .account = account->id,
                   .link_path = "/recovery/confirm",
                   .link_token = &token};
    }
    return p_.notifier.enqueue(tx, message);
}

Result<Opened> RecoveryService::look_at(ReadTx& tx, std::string_view token)
{
    KS_TRY(const auto binding, p_.links.peek(tx, link::Purpose::Recovery, token));
    if (!binding || !binding->account) {
        return link::invalid_link();
    }
    KS_TRY(auto account, p_.accounts.find(tx, *binding->account));
    if (!account || !account->is_active()) {
        return link::invalid_link();
    }
    KS_TRY(const bool has_second_factor, p_.totp.has_confirmed(tx, account->id));
    std::optional<password::StoredPassword> spoilt;
    if (account->is_being_secured()) {
        KS_TRY(auto stored, p_.passwords.find(tx, account->id));
        if (stored && stored->must_change) {
            spoilt = std::move(stored);
        }
    }
    return Opened{*std::move(account), has_second_factor, std::move(spoilt)};
}

Result<std::optional<backup_code::CodeSet>> RecoveryService::take_code(WriteTx& tx,
                                                                       const Actor& actor,
                                                                       AccountId account)
{
    KS_TRY(const auto verdict,
           p_.budgets.charge(tx, attempt_budget::Scope::RecoveryCode, account, p_.clock.now()));
    if (!verdict.allowed()) {
        return Error{.kind = ErrorKind::RateLimited,
                     .code = "recovery/too-many-attempts",
                     .detail = "Too many codes. Wait and try again.",
                     .retry_after = verdict.retry_after};
    }
    KS_CHECK(p_.audit.append(
        tx, {.actor = as_account(actor, account), .action = "recovery.code", .account = account}));
    return p_.backup_codes.find_set(tx, account);
}

Result<bool> RecoveryService::proves_second_factor(WriteTx& tx, const Actor& owner,
                                                   const Code& code)
{
    if (code.totp) {
        KS_TRY(const auto check, p_.totp.verify(tx, owner, owner.account, *code.totp));
        return check == totp::CodeCheck::Accepted;
    }
    KS_TRY(const auto check, p_.backup_codes.spend(tx, owner, *code.backup_code));
    return check == backup_code::CodeCheck::Accepted;
}

Result<Recovered> RecoveryService::confirm(WriteTx& tx, const Actor& actor, std::string_view token,
                                           const Code& code, const password::HashedPassword& hashed)
{
    KS_CHECK(tx.lock(hashed.account)); // A factor may be enrolled at this very moment.
    KS_TRY(const auto opened, look_at(tx, token));
    if (opened.account.id != hashed.account) {
        return link::invalid_link();
    }
    const Actor owner = as_account(actor, opened.account.id);
    if (hashed.satisfies == password::Satisfies::WithSecondFactor && !opened.has_second_factor) {
        return Error{ErrorKind::InvalidInput, "password/refused",
                     "The second factor is gone: choose a password that can stand alone."};
    }
    if (opened.has_second_factor) {
        if (!code.totp && code.backup_code == nullptr) {
            return second_factor_required();
        }
        KS_TRY(const bool proved, proves_second_factor(tx, owner, code));
        if (!proved) {
            KS_CHECK(
                p_.notices.tell_attack(tx, actor, owner.account, notify::Purpose::RecoveryFailing));
            return Recovered::WrongCode; // The link stays: a mistyped digit must not cost a new
                                         // mail.
        }
        KS_CHECK(p_.budgets.clear(tx, attempt_budget::Scope::RecoveryCode, owner.account.bytes()));
    }
    KS_TRY(const auto binding, p_.links.spend(tx, link::Purpose::Recovery, token));
    if (!binding) {
        return link::invalid_link();
    }
    KS_CHECK(p_.passwords.set(tx, owner, hashed, password::SetReason::Recovery));
    KS_CHECK(p_.links.void_requests(tx, owner.account));
    if (opened.account.is_being_secured()) {
        // The mailbox was proved, and the second factor if there is one: this is the owner whom
        // the freeze of factors protects, and who has to set up a new one to go on.
        KS_CHECK(p_.accounts.lift_factor_freeze(tx, owner, owner.account));
    }
    KS_CHECK(p_.sessions.end_all(tx, owner, owner.account, "password-recovered"));
    // The owner is back: what others guessed is forgotten. Otherwise someone who had the old
    // password, or a session, could spend the codes' budget for good and so keep the owner out.
    KS_CHECK(p_.budgets.clear(tx, attempt_budget::Scope::UnknownDevice,
                              as_bytes(opened.account.email.text())));
    KS_CHECK(p_.budgets.clear(tx, attempt_budget::Scope::SecondFactor, owner.account.bytes()));
    KS_CHECK(p_.budgets.clear(tx, attempt_budget::Scope::StepUp, owner.account.bytes()));
    KS_CHECK(p_.notices.tell_owner(tx, actor, owner.account, notify::Purpose::PasswordChanged));
    return Recovered::Done;
}

} // namespace keystead::recovery
