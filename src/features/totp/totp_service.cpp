#include "features/totp/totp_service.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace keystead::totp {
namespace {

constexpr std::chrono::minutes kEnrollmentLifetime{15};

/// What the sealed secret is bound to: moved to another row, it does not open.
std::string bound_to(AuthenticatorId id)
{
    return "totp/" + id.text();
}

audit::Target target_of(AuthenticatorId id)
{
    return {.kind = "authenticator", .id = id.text()};
}

audit::Outcome outcome_of(CodeCheck check)
{
    return check == CodeCheck::Accepted ? audit::Outcome::Ok : audit::Outcome::Refused;
}

std::string word_of(CodeCheck check)
{
    switch (check) {
    case CodeCheck::Accepted: return "accepted";
    case CodeCheck::Wrong: return "wrong";
    case CodeCheck::AlreadyUsed: return "already-used";
    }
    std::abort(); // No default label: the compiler names the outcome that someone forgot.
}

Error not_found()
{
    return Error{.kind = ErrorKind::NotFound,
                 .code = "totp/not-found",
                 .detail = "There is no such authenticator."};
}

Error already_confirmed()
{
    return Error{.kind = ErrorKind::Conflict,
                 .code = "totp/already-confirmed",
                 .detail = "This authenticator is confirmed already."};
}

bool is_expired(const Authenticator& authenticator, Instant now)
{
    return !authenticator.confirmed && now >= authenticator.created_at + kEnrollmentLifetime;
}

} // namespace

TotpService::TotpService(const crypto::KeyRing& keys, Random& random, audit::AuditLog& audit,
                         const Clock& clock, password::PasswordService& passwords,
                         TellOwner tell_owner)
    : keys_(keys), random_(random), audit_(audit), clock_(clock), passwords_(passwords),
      tell_owner_(std::move(tell_owner))
{
}

Result<NewAuthenticator> TotpService::begin_enrollment(WriteTx& tx, const Actor& actor,
                                                       AccountId account, std::string_view name,
                                                       std::optional<Instant> replaced_until)
{
    KS_CHECK(tx.lock(account)); // so that the limit holds whatever races
    KS_CHECK(store_.erase_unconfirmed(tx, account));
    KS_TRY(const auto confirmed,
           store_.count_confirmed(tx, account, replaced_until.value_or(Instant::min())));
    if (confirmed >= kAuthenticatorsMax) {
        return Error{.kind = ErrorKind::LimitReached,
                     .code = "totp/limit-reached",
                     .detail = "An account has at most five authenticators. Remove one first."};
    }
    const Instant now = clock_.now();
    Secret secret(kSecretBytes);
    random_.fill(secret.writable());
    const Authenticator authenticator{
        .id = AuthenticatorId::make(now, random_), .name = std::string(name), .created_at = now};
    KS_CHECK(
        store_.insert(tx, account,
                      {.authenticator = authenticator,
                       .sealed_secret = keys_.seal(crypto::KeyPurpose::TotpSeal,
                                                   bound_to(authenticator.id), secret.reveal())}));
    KS_CHECK(audit_.append(
        tx, {.actor = actor,
             .action = "totp.enroll",
             .account = account,
             .target = target_of(authenticator.id),
             .details = {{"name", std::string(name), audit::Detail::Kind::Personal}}}));
    return NewAuthenticator{.authenticator = authenticator, .secret = std::move(secret)};
}

Result<void> TotpService::check_clock(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto largest, store_.find_largest_step(tx, account));
    const auto now = std::to_underlying(step_of(clock_.now()));
    if (largest && now + kWindowSteps < std::to_underlying(*largest)) {
        // Codes of steps that have passed, read over a shoulder and never used, would be good
        // again. Judged by what this account has used: one whose phone ran ahead stops nobody else
        // (the node's clock does not go back unnoticed, ADR 0028).
        return Error{.kind = ErrorKind::Unavailable,
                     .code = "totp/clock-behind",
                     .detail = "Codes cannot be checked at the moment.",
                     .cause = "this machine's clock is behind the newest code it has accepted",
                     .retry_after = std::chrono::seconds{60}};
    }
    return {};
}

Result<std::optional<TimeStep>> TotpService::match(const SealedAuthenticator& sealed,
                                                   std::string_view typed)
{
    const auto code = parse_code(typed);
    if (!code) {
        return std::optional<TimeStep>{};
    }
    KS_TRY(const Secret secret,
           keys_.open(crypto::KeyPurpose::TotpSeal, bound_to(sealed.authenticator.id),
                      sealed.sealed_secret));
    return match_code(secret, *code, clock_.now());
}

Result<CodeCheck> TotpService::burn(WriteTx& tx, AccountId account,
                                    const std::vector<SealedAuthenticator>& authenticators,
                                    std::string_view typed)
{
    KS_CHECK(check_clock(tx, account));
    // Two authenticators may show the same digits. The code counts as one: it is burnt for both,
    // and accepted only if no one had used it with either.
    bool matched = false;
    bool first = true;
    for (const SealedAuthenticator& sealed : authenticators) {
        if (!sealed.authenticator.confirmed) {
            continue;
        }
        KS_TRY(const auto step, match(sealed, typed));
        if (step) {
            matched = true;
            KS_TRY(const bool advanced,
                   store_.advance_last_step(tx, sealed.authenticator.id, *step, clock_.now()));
            first = first && advanced;
        }
    }
    if (!matched) {
        return CodeCheck::Wrong;
    }
    return first ? CodeCheck::Accepted : CodeCheck::AlreadyUsed;
}

Result<CodeCheck> TotpService::verify(WriteTx& tx, const Actor& actor, AccountId account,
                                      std::string_view typed)
{
    KS_TRY(const auto authenticators, store_.list(tx, account));
    KS_TRY(const CodeCheck check, burn(tx, account, authenticators, typed));
    KS_CHECK(audit_.append(tx, {.actor = actor,
                                .action = "totp.verify",
                                .outcome = outcome_of(check),
                                .account = account,
                                .target = {.kind = "account", .id = account.text()},
                                .details = {{"result", word_of(check)}}}));
    return check;
}

Result<Confirmation> TotpService::confirm(WriteTx& tx, const Actor& actor, AccountId account,
                                          AuthenticatorId id, std::string_view typed)
{
    KS_CHECK(tx.lock(account));
    KS_TRY(const auto sealed, store_.find(tx, account, id));
    if (!sealed || is_expired(sealed->authenticator, clock_.now())) {
        return not_found();
    }
    if (sealed->authenticator.confirmed) {
        return already_confirmed();
    }
    KS_CHECK(check_clock(tx, account));
    KS_TRY(const auto step, match(*sealed, typed));
    if (step) {
        return activate(tx, actor, account, *sealed, *step);
    }
    KS_CHECK(audit_.append(tx, {.actor = actor,
                                .action = "totp.confirm",
                                .outcome = audit::Outcome::Refused,
                                .account = account,
                                .target = target_of(id),
                                .details = {{"result", word_of(CodeCheck::Wrong)}}}));
    return Confirmation{.check = CodeCheck::Wrong};
}

Result<Confirmation> TotpService::activate(WriteTx& tx, const Actor& actor, AccountId account,
                                           const SealedAuthenticator& sealed, TimeStep step)
{
    KS_TRY(const auto confirmed_before, store_.count_confirmed(tx, account, Instant::min()));
    KS_TRY(const bool confirmed, store_.confirm(tx, sealed.authenticator.id, step, clock_.now()));
    if (!confirmed) {
        return already_confirmed();
    }
    const bool is_first = confirmed_before == 0;
    KS_CHECK(audit_.append(tx, {.actor = actor,
                                .action = "totp.confirm",
                                .account = account,
                                .target = target_of(sealed.authenticator.id),
                                .details = {{"second_factor", is_first ? "enabled" : "kept"}}}));
    KS_CHECK(tell_owner_(tx, actor, account,
                         is_first ? notify::Purpose::SecondFactorEnabled
                                  : notify::Purpose::AuthenticatorAdded,
                         {{"authenticator", sealed.authenticator.name}}));
    return Confirmation{.check = CodeCheck::Accepted, .is_first = is_first};
}

Result<Removal> TotpService::remove(WriteTx& tx, const Actor& actor, AccountId account,
                                    AuthenticatorId id, std::string_view typed)
{
    KS_CHECK(tx.lock(account));
    KS_TRY(const auto sealed, store_.find(tx, account, id));
    if (!sealed || is_expired(sealed->authenticator, clock_.now())) {
        return not_found();
    }
    if (sealed->authenticator.confirmed) {
        return remove_confirmed(tx, actor, account, *sealed, typed);
    }
    KS_CHECK(store_.erase(tx, account, id));
    KS_CHECK(audit_.append(tx, {.actor = actor,
                                .action = "totp.cancel-enrollment",
                                .account = account,
                                .target = target_of(id)}));
    return Removal{.check = CodeCheck::Accepted};
}

Result<void> TotpService::check_password_alone(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto password, passwords_.find(tx, account));
    if (password && password->satisfies == password::Satisfies::WithSecondFactor) {
        return Error{.kind = ErrorKind::Conflict,
                     .code = "totp/password-too-weak-alone",
                     .detail =
                         "Your password is too short to stand alone. Choose a longer one first."};
    }
    return {};
}

Result<Removal> TotpService::remove_confirmed(WriteTx& tx, const Actor& actor, AccountId account,
                                              const SealedAuthenticator& sealed,
                                              std::string_view typed)
{
    KS_TRY(const auto authenticators, store_.list(tx, account));
    const auto others =
        std::count_if(authenticators.begin(), authenticators.end(), [&](const auto& other) {
            return other.authenticator.confirmed &&
                   other.authenticator.id != sealed.authenticator.id;
        });
    const bool is_last = others == 0;
    if (is_last) {
        KS_CHECK(check_password_alone(tx, account));
    }
    KS_TRY(const CodeCheck check, burn(tx, account, authenticators, typed));
    if (check == CodeCheck::Accepted) {
        KS_CHECK(store_.erase(tx, account, sealed.authenticator.id));
        KS_CHECK(tell_owner_(tx, actor, account,
                             is_last ? notify::Purpose::SecondFactorDisabled
                                     : notify::Purpose::AuthenticatorRemoved,
                             {{"authenticator", sealed.authenticator.name}}));
    }
    KS_CHECK(audit_.append(
        tx, {.actor = actor,
             .action = "totp.remove",
             .outcome = outcome_of(check),
             .account = account,
             .target = target_of(sealed.authenticator.id),
             .details = {{"result", word_of(check)}, {"last", is_last ? "yes" : "no"}}}));
    return Removal{.check = check, .was_last = check == CodeCheck::Accepted && is_last};
}

Result<void> TotpService::record_spent(WriteTx& tx, const Actor& actor, AccountId account,
                                       std::string_view action)
{
    return audit_.append(tx, {.actor = actor,
                              .action = action,
                              .outcome = audit::Outcome::Refused,
                              .account = account,
                              .target = {.kind = "account", .id = account.text()},
                              .details = {{"result", "too-many-attempts"}}});
}

Result<int> TotpService::remove_all(WriteTx& tx, const Actor& actor, AccountId account)
{
    KS_CHECK(tx.lock(account));
    KS_TRY(const int removed, store_.erase_all(tx, account));
    if (removed > 0) {
        KS_CHECK(audit_.append(tx, {.actor = actor,
                                    .action = "totp.remove-all",
                                    .account = account,
                                    .target = {.kind = "account", .id = account.text()},
                                    .details = {{"count", std::to_string(removed)}}}));
    }
    return removed;
}

Result<void> TotpService::cancel_enrollment(WriteTx& tx, const Actor& actor, AccountId account)
{
    KS_CHECK(tx.lock(account));
    KS_TRY(const int cancelled, store_.erase_unconfirmed(tx, account));
    return cancelled == 0 ? Result<void>{}
                          : audit_.append(tx, {.actor = actor,
                                               .action = "totp.cancel-enrollment",
                                               .account = account,
                                               .target = {"account", account.text()}});
}

Result<void> TotpService::remove_older(WriteTx& tx, const Actor& actor, AccountId account,
                                       Instant moment)
{
    KS_TRY(const auto all, store_.list(tx, account));
    for (const auto& sealed : all) {
        const Authenticator& old = sealed.authenticator;
        if (!old.confirmed || old.created_at > moment) {
            continue;
        }
        KS_TRY([[maybe_unused]] const bool erased, store_.erase(tx, account, old.id));
        KS_CHECK(audit_.append(tx, {.actor = actor,
                                    .action = "totp.remove",
                                    .account = account,
                                    .target = target_of(old.id),
                                    .details = {{"by", "replaced"}}}));
        KS_CHECK(tell_owner_(tx, actor, account, notify::Purpose::AuthenticatorRemoved, {}));
    }
    return {};
}

Result<int> TotpService::set_back(WriteTx& tx, const SetBack& clock)
{
    return store_.bound_created(tx, clock.wall);
}

Result<int> TotpService::spend_steps(WriteTx& tx, const Actor& actor)
{
    // A code of the window's newest step may have been used a moment ago, too.
    const auto newest = std::to_underlying(step_of(clock_.now())) + kWindowSteps;
    KS_TRY(const int count, store_.spend_steps(tx, static_cast<TimeStep>(newest)));
    KS_CHECK(audit_.append(tx, {.actor = actor,
                                .action = "totp.spend-steps",
                                .details = {{"count", std::to_string(count)}}}));
    return count;
}

Result<std::vector<Authenticator>> TotpService::list(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto sealed, store_.list(tx, account));
    std::vector<Authenticator> list;
    for (const SealedAuthenticator& one : sealed) {
        if (!is_expired(one.authenticator, clock_.now())) {
            list.push_back(one.authenticator);
        }
    }
    return list;
}

Result<bool> TotpService::has_confirmed(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto count, store_.count_confirmed(tx, account, Instant::min()));
    return count > 0;
}

Result<void> TotpSweep::run_once(Instant now)
{
    return database_.write([&](WriteTx& tx) -> Result<void> {
        TotpStore store;
        KS_TRY(const int swept, store.sweep_unconfirmed(tx, now - kEnrollmentLifetime));
        if (swept == 0) {
            return {};
        }
        const Actor system{.kind = ActorKind::System};
        return audit_.append(tx, {.actor = system,
                                  .action = "totp.sweep",
                                  .details = {{"count", std::to_string(swept)}}});
    });
}

} // namespace keystead::totp
