#include "features/sign_in/sign_in_service.h"

#include "crypto/hash.h"

#include <utility>

namespace keystead::sign_in {
namespace {

using attempt_budget::Scope;
using session::Method;
using sign_in_flow::FromDevice;

constexpr std::size_t kIdentifierBytesMax = 320;

Error flow_ended()
{
    return {ErrorKind::Unauthenticated, "sign-in/flow-ended", "This sign-in is over. Begin again."};
}

Actor as_account(Actor actor, AccountId account)
{
    actor.kind = ActorKind::Account;
    actor.account = account;
    return actor;
}

/// Budgets of a known device are its own for each account.
Bytes device_identifier(const Digest& device, std::string_view identifier)
{
    const auto digest = crypto::sha256_of({device, as_bytes(identifier)});
    return to_bytes(digest);
}

std::string place_text(const session::Origin& origin)
{
    if (origin.country_code.empty()) {
        return {};
    }
    return origin.city.empty() ? origin.country_code : origin.city + ", " + origin.country_code;
}

} // namespace

Error too_many_attempts(std::string_view code, std::chrono::seconds retry_after)
{
    return {.kind = ErrorKind::RateLimited,
            .code = code,
            .detail = "Too many attempts. Wait and try again.",
            .retry_after = retry_after};
}

Result<Beginning> SignInService::begin(WriteTx& tx, const Actor& actor,
                                       std::string_view typed_email, const Whence& whence)
{
    // Text that is no address belongs to nobody, and takes the same way as an address that nobody
    // has.
    auto email = account::EmailAddress::parse(typed_email);
    Begun begun;
    begun.identifier =
        email ? email->text() : std::string(typed_email.substr(0, kIdentifierBytesMax));
    const Instant now = p_.clock.now();

    KS_TRY(const auto source, p_.budgets.charge_source(tx, actor.ip.value_or(IpAddress{}), now));
    if (!source.allowed()) {
        return too_many_attempts("sign-in/too-many-attempts", source.retry_after);
    }
    KS_TRY(auto account, p_.accounts.find_by_email(
                             tx, email ? *email : account::EmailAddress::stored(std::string{})));
    const AccountId id = account ? account->id : AccountId{};
    KS_TRY(const bool known, p_.devices.is_known(tx, id, whence.device));
    begun.from_device = known ? FromDevice::Known : FromDevice::Unknown;
    KS_TRY(const auto verdict,
           known
               ? p_.budgets.charge(tx, Scope::KnownDevice,
                                   device_identifier(*whence.device.digest, begun.identifier), now)
               : p_.budgets.charge(tx, Scope::UnknownDevice, as_bytes(begun.identifier), now));
    if (!verdict.allowed()) {
        // A value: the source's charge stays, so that one source cannot go on and on at spent
        // accounts.
        KS_CHECK(p_.audit.append(
            tx, {.actor = actor,
                 .action = "sign-in.attempt",
                 .outcome = audit::Outcome::Refused,
                 .account = id.is_nil() ? std::nullopt : std::optional(id),
                 .details = {{"reason", "too-many-attempts"},
                             audit::identifier_digest(p_.keys, begun.identifier)}}));
        return Beginning{TooManyAttempts{verdict.retry_after}};
    }
    KS_TRY(auto stored, p_.passwords.find(tx, id));
    if (account && account->is_active()) {
        begun.stored = std::move(stored);
        begun.account = std::move(account);
    }
    // A person who types a password into the wrong field must not find it in the log: an HMAC
    // stands for what was typed.
    KS_CHECK(
        p_.audit.append(tx, {.actor = actor,
                             .action = "sign-in.attempt",
                             .account = id.is_nil() ? std::nullopt : std::optional(id),
                             .details = {audit::identifier_digest(p_.keys, begun.identifier)}}));
    return Beginning{std::move(begun)};
}

Result<Outcome> SignInService::finish(WriteTx& tx, const Actor& actor, const Begun& begun,
                                      const CheckedPassword& checked, const Whence& whence)
{
    if (!checked.check.right || !begun.account) {
        KS_CHECK(p_.audit.append(
            tx, {.actor = actor,
                 .action = "sign-in.refuse",
                 .outcome = audit::Outcome::Refused,
                 .account = begun.account ? std::optional(begun.account->id) : std::nullopt,
                 .details = {{"reason", "credentials"}}}));
        return Outcome{WrongCredentials{}};
    }
    const Actor owner = as_account(actor, begun.account->id);
    if (begun.stored->must_change) {
        KS_CHECK(p_.audit.append(tx, {.actor = owner,
                                      .action = "sign-in.refuse",
                                      .outcome = audit::Outcome::Refused,
                                      .account = owner.account,
                                      .details = {{"reason", "password-change-required"}}}));
        return Outcome{ChangeRequired{}};
    }
    if (checked.faults) {
        KS_CHECK(p_.assessments.note(tx, *begun.stored, *checked.faults));
    }
    if (checked.rehashed) {
        KS_CHECK(p_.passwords.store_rehash(tx, owner, *begun.stored, *checked.rehashed));
    }
    const sign_in_flow::Flow proved{.account = begun.account->id,
                                    .account_epoch = begun.account->epoch,
                                    .methods = Method::Password,
                                    .trust = whence.trust,
                                    .from_device = begun.from_device};
    return complete(tx, owner, proved, whence);
}

// Makes the session, or the flow for what is still owed. `proved.id` is nil when no flow exists
// yet.
Result<Outcome> SignInService::complete(WriteTx& tx, const Actor& actor,
                                        const sign_in_flow::Flow& proved, const Whence& whence)
{
    const session::Evidence evidence{.account = proved.account,
                                     .account_epoch = proved.account_epoch,
                                     .methods = proved.methods};
    KS_TRY(auto establishment,
           p_.sessions.establish(tx, actor, evidence, proved.trust, whence.origin));
    if (auto* const established = std::get_if<session::Established>(&establishment)) {
        KS_TRY(auto signed_in, welcome(tx, actor, std::move(*established), whence, &proved));
        KS_CHECK(clear_budgets(tx, actor, signed_in.account, proved, whence));
        return Outcome{std::move(signed_in)};
    }
    if (std::holds_alternative<session::SecondFactorNeeded>(establishment)) {
        KS_ASSERT(proved.id.is_nil()); // A flow's code was accepted: no factor is owed.
        KS_TRY(auto flow, p_.flows.begin(tx, actor, proved));
        return Outcome{SecondFactorOwed{std::move(flow)}};
    }
    if (auto* const full = std::get_if<session::SessionsFull>(&establishment)) {
        std::optional<sign_in_flow::Begun> flow;
        if (proved.id.is_nil()) {
            KS_TRY(auto begun, p_.flows.begin(tx, actor, proved));
            flow.emplace(std::move(begun));
        }
        return Outcome{SessionsFull{std::move(flow), std::move(full->sessions)}};
    }
    KS_CHECK(p_.audit.append(tx, {.actor = actor,
                                  .action = "sign-in.refuse",
                                  .outcome = audit::Outcome::Refused,
                                  .account = proved.account,
                                  .details = {{"reason", "account-changed"}}}));
    return Outcome{WrongCredentials{}};
}

Result<SignedIn> SignInService::welcome(WriteTx& tx, const Actor& actor,
                                        session::Established established, const Whence& whence,
                                        const sign_in_flow::Flow* proved)
{
    const AccountId id = established.session.account;
    KS_TRY(auto account, p_.accounts.load(tx, id));
    using Keep = known_device::KnownDeviceService::Keep;
    const auto keep =
        established.session.trust == session::DeviceTrust::Shared ? Keep::No : Keep::Yes;
    KS_TRY(auto noted, p_.devices.note(tx, id, account.email.text(), whence.device,
                                       whence.origin.country_code, keep));
    if (noted.known_since) {
        KS_CHECK(p_.sessions.note_device(tx, established.session.id, *noted.known_since));
    }
    if (proved != nullptr) {
        KS_TRY(const auto failures, failures_before(tx, account, *proved, whence));
        Actor at = as_account(actor, id);
        at.session = established.session.id; // The notice's "this was not me" ends this session.
        KS_CHECK(tell_of_sign_in(tx, at, whence, noted, failures));
    }
    return SignedIn{std::move(established), std::move(account), std::move(noted.cookie)};
}

// One mail, which says the gravest.
Result<void> SignInService::tell_of_sign_in(WriteTx& tx, const Actor& actor, const Whence& whence,
                                            const known_device::Noted& noted, std::int64_t failures)
{
    notify::Facts facts = {{"place", place_text(whence.origin)}};
#ifndef KEYSTEAD_WITHOUT_FAILURES_TOLD
    if (failures >= p_.notice_settings.failures_told) {
        facts.emplace_back("failed_attempts", std::to_string(failures));
        return p_.notices.tell_owner(tx, actor, actor.account, notify::Purpose::SignInAfterFailures,
                                     std::move(facts));
    }
#else
    static_cast<void>(failures);
#endif
    if (noted.new_country) {
        return p_.notices.tell_owner(tx, actor, actor.account, notify::Purpose::NewCountrySignIn,
                                     std::move(facts));
    }
    return noted.new_device ? p_.notices.tell_owner(tx, actor, actor.account,
                                                    notify::Purpose::NewSignIn, std::move(facts))
                            : Result<void>{};
}

// Of the budgets that this sign-in clears; the attempt that succeeded was charged too.
Result<std::int64_t> SignInService::failures_before(ReadTx& tx, const account::Account& account,
                                                    const sign_in_flow::Flow& flow,
                                                    const Whence& whence)
{
    const auto but_one = [](std::int64_t count) { return count > 0 ? count - 1 : 0; };
    const std::string& identifier = account.email.text();
    const bool known = flow.from_device == FromDevice::Known && whence.device.digest;
    KS_TRY(const auto passwords,
           known ? p_.budgets.failures(tx, Scope::KnownDevice,
                                       device_identifier(*whence.device.digest, identifier))
                 : p_.budgets.failures(tx, Scope::UnknownDevice, as_bytes(identifier)));
    if (!flow.methods.has_second_factor()) {
        return but_one(passwords);
    }
    KS_TRY(const auto codes, p_.budgets.failures(tx, Scope::SecondFactor, account.id.bytes()));
    return but_one(passwords) + but_one(codes);
}

Result<void> SignInService::clear_budgets(WriteTx& tx, const Actor& actor,
                                          const account::Account& account,
                                          const sign_in_flow::Flow& flow, const Whence& whence)
{
    KS_CHECK(p_.budgets.refund_source(tx, actor.ip.value_or(IpAddress{})));
    const std::string& identifier = account.email.text();
    if (flow.from_device == FromDevice::Known && whence.device.digest) {
        KS_CHECK(p_.budgets.clear(tx, Scope::KnownDevice,
                                  device_identifier(*whence.device.digest, identifier)));
    } else {
        KS_CHECK(p_.budgets.clear(tx, Scope::UnknownDevice, as_bytes(identifier)));
    }
    if (flow.methods.has_second_factor()) {
        KS_CHECK(p_.budgets.clear(tx, Scope::SecondFactor, account.id.bytes()));
    }
    return {};
}

// A change of credentials voids the flows from before it. Whoever holds one knew the old password:
// they may neither try codes, which spends the owner's attempts, nor end the owner's sessions.
Result<void> SignInService::check_flow_holds(ReadTx& tx, const sign_in_flow::Flow& flow)
{
    KS_TRY(const auto account, p_.accounts.find(tx, flow.account));
    if (!account || !account->is_active() || account->epoch != flow.account_epoch) {
        return flow_ended();
    }
    return {};
}

Result<sign_in_flow::Flow> SignInService::take_attempt(WriteTx& tx, const Actor& actor, FlowId id)
{
    KS_TRY(auto flow, p_.flows.take_attempt(tx, id));
    if (!flow) {
        return flow_ended();
    }
    KS_CHECK(check_flow_holds(tx, *flow));
    KS_TRY(const auto verdict,
           p_.budgets.charge(tx, Scope::SecondFactor, flow->account, p_.clock.now()));
    if (!verdict.allowed()) {
        return too_many_attempts("sign-in/too-many-attempts", verdict.retry_after);
    }
    KS_CHECK(p_.audit.append(tx, {.actor = as_account(actor, flow->account),
                                  .action = "sign-in.code",
                                  .account = flow->account,
                                  .target = {"flow", id.text()}}));
    return *std::move(flow);
}

Result<Outcome> SignInService::verify_totp(WriteTx& tx, const Actor& actor, FlowId id,
                                           std::string_view code, const Whence& whence)
{
    KS_TRY(const auto flow, take_attempt(tx, actor, id));
    KS_TRY(const auto check,
           p_.totp.verify(tx, as_account(actor, flow.account), flow.account, code));
    if (check != totp::CodeCheck::Accepted) {
        return refuse_code(tx, actor, flow);
    }
    return complete_flow(tx, actor, flow, Method::Totp, whence);
}

Result<TakenCode> SignInService::take_backup_code(WriteTx& tx, const Actor& actor, FlowId id)
{
    KS_TRY(auto flow, take_attempt(tx, actor, id));
    KS_TRY(auto set, p_.backup_codes.find_set(tx, flow.account));
    return TakenCode{std::move(flow), std::move(set)};
}

Result<Outcome> SignInService::finish_backup_code(WriteTx& tx, const Actor& actor,
                                                  const TakenCode& taken,
                                                  const backup_code::HashedAttempt& attempt,
                                                  const Whence& whence)
{
    KS_TRY(const auto check,
           p_.backup_codes.spend(tx, as_account(actor, taken.flow.account), attempt));
    if (check != backup_code::CodeCheck::Accepted) {
        return refuse_code(tx, actor, taken.flow);
    }
    return complete_flow(tx, actor, taken.flow, Method::BackupCode, whence);
}

Result<Outcome> SignInService::complete_flow(WriteTx& tx, const Actor& actor,
                                             const sign_in_flow::Flow& flow,
                                             session::Methods proved, const Whence& whence)
{
    sign_in_flow::Flow now_proved = flow;
    now_proved.methods = flow.methods.with(proved);
    KS_TRY(auto outcome, complete(tx, as_account(actor, flow.account), now_proved, whence));
    if (std::holds_alternative<SessionsFull>(outcome)) {
        // The code is spent: the flow remembers that it was right.
        KS_TRY([[maybe_unused]] const bool there, p_.flows.add_method(tx, flow, proved));
        return outcome;
    }
    KS_TRY(const bool first, p_.flows.end(tx, flow.id));
    if (!first) {
        return flow_ended();
    }
    return outcome;
}

// Whoever types codes here knows the password: its owner is told.
Result<Outcome> SignInService::refuse_code(WriteTx& tx, const Actor& actor,
                                           const sign_in_flow::Flow& flow)
{
    KS_CHECK(p_.notices.tell_attack(tx, actor, flow.account, notify::Purpose::SecondFactorFailing));
    return Outcome{WrongCode{}};
}

Result<Outcome> SignInService::end_session(WriteTx& tx, const Actor& actor, FlowId id,
                                           SessionId ended, const Whence& whence)
{
    KS_TRY(const auto flow, p_.flows.find(tx, id));
    if (!flow) {
        return flow_ended();
    }
    KS_CHECK(tx.lock(flow->account)); // Nothing changes between this check and the session's end.
    KS_CHECK(check_flow_holds(tx, *flow));
    const Actor owner = as_account(actor, flow->account);
    KS_TRY(const bool has_second_factor, p_.totp.has_confirmed(tx, flow->account));
    if (has_second_factor && !flow->methods.has_second_factor()) {
        return Error{ErrorKind::Unauthenticated, "sign-in/factor-owed",
                     "Finish the second step first."};
    }
    KS_CHECK(p_.sessions.revoke(tx, owner, flow->account, ended, "made-room"));
    KS_TRY(auto outcome, complete(tx, owner, *flow, whence));
    if (std::holds_alternative<SignedIn>(outcome)) {
        KS_TRY(const bool first, p_.flows.end(tx, id));
        if (!first) {
            return flow_ended();
        }
    }
    return outcome;
}

Result<SignedIn> SignInService::sign_in_new_account(WriteTx& tx, const Actor& actor,
                                                    const session::Evidence& evidence,
                                                    const Whence& whence)
{
    const Actor owner = as_account(actor, evidence.account);
    KS_TRY(auto establishment,
           p_.sessions.establish(tx, owner, evidence, whence.trust, whence.origin));
    auto* const established = std::get_if<session::Established>(&establishment);
    KS_ASSERT(established != nullptr); // A new account has no sessions and no second factor.
    return welcome(tx, owner, std::move(*established), whence, nullptr);
}

Result<void> SignInService::sign_out(WriteTx& tx, const Actor& actor)
{
    return p_.sessions.revoke(tx, actor, actor.account, actor.session, "signed-out");
}

} // namespace keystead::sign_in
