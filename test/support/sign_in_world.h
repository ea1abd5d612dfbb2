// test/support/sign_in_world.h
//
// Everything that signing in stands on, over a test database: the real slices, with recorders in
// place of audit log and outbox, and the cheapest hash that settings allow.
#pragma once

#include "core/encoding.h"
#include "features/attempt_budget/attempt_budget_service.h"
#include "features/backup_code/backup_code_service.h"
#include "features/known_device/known_device_service.h"
#include "features/password/assessment_service.h"
#include "features/password/password_service.h"
#include "features/recovery/recovery_service.h"
#include "features/session/session_service.h"
#include "features/sign_in/sign_in_service.h"
#include "features/sign_in_flow/sign_in_flow_service.h"
#include "features/step_up/step_up_service.h"
#include "features/totp/totp_service.h"
#include "test/support/account_world.h"

#include <memory>
#include <string>
#include <string_view>

namespace keystead::test {

inline PasswordSettings cheap_passwords()
{
    PasswordSettings settings;
    settings.argon2_memory_kib = 19456;
    settings.argon2_passes = 2;
    settings.strength_min = 0;
    return settings;
}

struct SignInWorld : AccountWorld {
    static constexpr std::string_view kPassword = "Correct-Horse-7-Battery";

    explicit SignInWorld(Database::Engine engine, SessionSettings limits = {})
        : AccountWorld(engine), session_settings(limits)
    {
    }

    Actor stranger() const { return {.ip = IpAddress::parse("198.51.100.4")}; }

    /// An account with a password.
    AccountId register_account(std::string_view email)
    {
        const auto account = create(email);
        const auto accepted = policy.accept(Secret::copy_of(kPassword), {.email = email},
                                            password::SecondFactor::NotEnforced);
        const auto hashed = hasher->hash_new(account->id, *accepted, password::QueuePlace::Open);
        const auto set = database->write([&](WriteTx& tx) {
            return passwords.set(tx, Actor{}, *hashed, password::SetReason::SignUp);
        });
        KS_ASSERT(set.has_value());
        return account->id;
    }

    sign_in::Whence whence(session::DeviceTrust trust = session::DeviceTrust::Own) const
    {
        return {.device = device,
                .trust = trust,
                .origin = {.ip = "198.51.100.4", .country_code = country}};
    }

    Result<sign_in::Outcome> sign_in_with(std::string_view email, std::string_view password_text)
    {
        const auto from = whence();
        KS_TRY(const auto beginning, database->write([&](WriteTx& tx) {
            return sign_in.begin(tx, stranger(), email, from);
        }));
        if (const auto* const spent = std::get_if<sign_in::TooManyAttempts>(&beginning)) {
            return sign_in::too_many_attempts("sign-in/too-many-attempts", spent->retry_after);
        }
        const auto& begun = std::get<sign_in::Begun>(beginning);
        const Secret typed = Secret::copy_of(password_text);
        sign_in::CheckedPassword checked;
        KS_TRY(checked.check, hasher->check(typed, begun.stored, password::QueuePlace::Open));
        if (checked.check.right && begun.account) {
            checked.faults = assessments.assess(typed, {.email = email}, *begun.stored);
        }
        return database->write(
            [&](WriteTx& tx) { return sign_in.finish(tx, stranger(), begun, checked, from); });
    }

    /// A session of that account, by password.
    session::Established session_of(std::string_view email)
    {
        auto outcome = sign_in_with(email, kPassword);
        auto* const done = outcome ? std::get_if<sign_in::SignedIn>(&*outcome) : nullptr;
        KS_ASSERT(done != nullptr);
        return std::move(done->established);
    }

    bool is_accepted(const Secret& token)
    {
        const auto loaded = session_service.load(*database, token.reveal_text());
        return loaded && loaded->has_value();
    }

    SessionSettings session_settings;
    PasswordSettings password_settings = cheap_passwords();
    password::PasswordPolicy policy{password_settings, "Product", nullptr};
    std::unique_ptr<password::PasswordHasher> hasher =
        *password::PasswordHasher::make(password_settings, 2, keys, random);
    password::PasswordService passwords{audit, clock};
    password::AssessmentService assessments{policy, keys};
    attempt_budget::AttemptBudgetService budgets{keys};
    totp::TellOwner tell_owner = [this](WriteTx& tx, const Actor& actor, AccountId account,
                                        notify::Purpose purpose, const notify::Facts& facts) {
        return notices.tell_owner(tx, actor, account, purpose, facts);
    };
    totp::TotpService totp{keys, random, audit, clock, passwords, tell_owner};
    backup_code::BackupCodeService backup_codes{
        *hasher, keys, random, audit, clock, tell_owner, [this](ReadTx& tx, AccountId account) {
            return totp.has_confirmed(tx, account);
        }};
    session::SessionStore session_store;
    session::SessionService session_service{session_store, accounts, totp,   audit,
                                            keys,          clock,    random, session_settings};
    known_device::KnownDeviceStore device_store;
    known_device::KnownDeviceService devices{device_store, keys, clock, random};
    known_device::Device device;
    std::string country = "FR"; // where the next sign-in comes from
    sign_in_flow::SignInFlowStore flow_store;
    sign_in_flow::SignInFlowService flows{flow_store, audit, keys, clock, random};
    sign_in::SignInService sign_in{{accounts, notices, passwords, assessments, budgets, devices,
                                    session_service, flows, totp, backup_codes, links, audit, keys,
                                    clock, settings, all_settings.notice}};
    recovery::RecoveryService recovery{{accounts, notices, passwords, budgets, session_service,
                                        totp, backup_codes, links, mails, audit, keys, clock,
                                        settings}};
    step_up::StepUpService step_up{
        {accounts, passwords, budgets, session_service, totp, backup_codes, audit, clock}};
};

} // namespace keystead::test
