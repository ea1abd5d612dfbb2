// features/sign_in/sign_in_service.h
//
// From an e-mail address and a password to a session, and from a session to a fresh proof of who is
// there (step-up). Each method is one transaction; hashing stands between them
// (password/password_hasher.h), and each step's value says what comes next.
//
//   begin ─▶ [one hash] ─▶ finish ─┬─▶ WrongCredentials
//                                  ├─▶ SignedIn
//                                  ├─▶ flow: second factor owed ─▶ verify_totp, or backup code ─┬─▶
//                                  WrongCode └─▶ flow: sessions full ─▶ end_session ─▶ SignedIn └─▶
//                                  SignedIn, full
//
// Invariants: budgets are charged before anything is looked at; known, unknown, disabled and
// passwordless accounts take the same statements, rows and hashes (security.md items 4–7); only a
// full success clears budgets.
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/secret.h"
#include "core/settings.h"
#include "crypto/keys.h"
#include "features/account/account_service.h"
#include "features/account/notices_service.h"
#include "features/attempt_budget/attempt_budget_service.h"
#include "features/audit/audit_log.h"
#include "features/backup_code/backup_code_service.h"
#include "features/known_device/known_device_service.h"
#include "features/link/link_service.h"
#include "features/password/assessment_service.h"
#include "features/password/password_service.h"
#include "features/session/session_service.h"
#include "features/sign_in_flow/sign_in_flow_service.h"
#include "features/totp/totp_service.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace keystead::sign_in {

/// The services that signing in stands on; all outlive it.
struct Parts {
    account::AccountService& accounts;
    account::Notices& notices;
    password::PasswordService& passwords;
    password::AssessmentService& assessments;
    attempt_budget::AttemptBudgetService& budgets;
    known_device::KnownDeviceService& devices;
    session::SessionService& sessions;
    sign_in_flow::SignInFlowService& flows;
    totp::TotpService& totp;
    backup_code::BackupCodeService& backup_codes;
    link::LinkService& links;
    audit::AuditLog& audit;
    const crypto::KeyRing& keys;
    const Clock& clock;
    const AccountSettings& settings;
    const NoticeSettings& notice_settings;
};

/// Where a sign-in comes from.
struct Whence {
    known_device::Device device;
    session::DeviceTrust trust = session::DeviceTrust::Own;
    session::Origin origin;
};

struct Begun {
    std::string identifier;                         // what budgets count
    std::optional<account::Account> account;        // only if it may sign in by password
    std::optional<password::StoredPassword> stored; // nothing: the decoy is hashed
    sign_in_flow::FromDevice from_device = sign_in_flow::FromDevice::Unknown;
};

/// A budget is spent. A value, so that the charge and its record commit.
struct TooManyAttempts {
    std::chrono::seconds retry_after;
};
/// What became of the typed password between the transactions.
struct CheckedPassword {
    password::PasswordCheck check;
    std::optional<password::HashedPassword> rehashed; // under today's cost, where it was another
    std::optional<password::Faults> faults;           // of a right one
};
using Beginning = std::variant<Begun, TooManyAttempts>;

struct SignedIn {
    session::Established established;
    account::Account account;
    std::optional<Secret> device_cookie;
};
struct SecondFactorOwed {
    sign_in_flow::Begun flow;
};
struct SessionsFull {
    std::optional<sign_in_flow::Begun> flow; // nothing when the client holds the flow already
    std::vector<session::Session> sessions;
};
struct WrongCredentials {};
/// The password is right and marked as compromised: a new one by recovery comes first.
struct ChangeRequired {};
struct WrongCode {};

using Outcome = std::variant<SignedIn, SecondFactorOwed, SessionsFull, WrongCredentials,
                             ChangeRequired, WrongCode>;

/// A backup code between being charged and being compared.
struct TakenCode {
    sign_in_flow::Flow flow;
    std::optional<backup_code::CodeSet> set;
};

class SignInService {
public:
    explicit SignInService(const Parts& parts) : p_(parts) {}

    /// Charges source and identifier, then finds account and password. Records sign-in.attempt.
    /// TooManyAttempts: nothing is to be hashed or told; what the source was charged stays.
    /// Errors: sign-in/too-many-attempts (RateLimited, retry_after), when the source itself is
    /// spent: there is nothing to remember.
    Result<Beginning> begin(WriteTx& tx, const Actor& actor, std::string_view typed_email,
                            const Whence& whence);
    /// Records sign-in.refuse when the check failed.
    Result<Outcome> finish(WriteTx& tx, const Actor& actor, const Begun& begun,
                           const CheckedPassword& checked, const Whence& whence);

    /// A TOTP code, from charge to session in one transaction.
    /// Errors: sign-in/flow-ended (five codes taken, ten minutes over), sign-in/too-many-attempts;
    /// also of the next two.
    Result<Outcome> verify_totp(WriteTx& tx, const Actor& actor, FlowId flow, std::string_view code,
                                const Whence& whence);
    /// A backup code: charge, then one hash, then compare.
    Result<TakenCode> take_backup_code(WriteTx& tx, const Actor& actor, FlowId flow);
    Result<Outcome> finish_backup_code(WriteTx& tx, const Actor& actor, const TakenCode& taken,
                                       const backup_code::HashedAttempt& attempt,
                                       const Whence& whence);
    /// Ends one session of the account to make room. Errors: session/not-found, sign-in/flow-ended,
    /// sign-in/factor-owed.
    Result<Outcome> end_session(WriteTx& tx, const Actor& actor, FlowId flow, SessionId ended,
                                const Whence& whence);

    /// A session made by something other than a password: sign-up's link, set-up's token. Notes the
    /// device, tells nobody.
    Result<SignedIn> sign_in_new_account(WriteTx& tx, const Actor& actor,
                                         const session::Evidence& evidence, const Whence& whence);

    Result<void> sign_out(WriteTx& tx, const Actor& actor);

private:
    Result<Outcome> complete(WriteTx& tx, const Actor& actor, const sign_in_flow::Flow& proved,
                             const Whence& whence);
    Result<Outcome> complete_flow(WriteTx& tx, const Actor& actor, const sign_in_flow::Flow& flow,
                                  session::Methods proved, const Whence& whence);
    Result<SignedIn> welcome(WriteTx& tx, const Actor& actor, session::Established established,
                             const Whence& whence, const sign_in_flow::Flow* proved);
    Result<void> tell_of_sign_in(WriteTx& tx, const Actor& actor, const Whence& whence,
                                 const known_device::Noted& noted, std::int64_t failures);
    Result<std::int64_t> failures_before(ReadTx& tx, const account::Account& account,
                                         const sign_in_flow::Flow& flow, const Whence& whence);
    Result<void> check_flow_holds(ReadTx& tx, const sign_in_flow::Flow& flow);
    Result<sign_in_flow::Flow> take_attempt(WriteTx& tx, const Actor& actor, FlowId flow);
    Result<Outcome> refuse_code(WriteTx& tx, const Actor& actor, const sign_in_flow::Flow& flow);
    Result<void> clear_budgets(WriteTx& tx, const Actor& actor, const account::Account& account,
                               const sign_in_flow::Flow& flow, const Whence& whence);

    Parts p_;
};

/// The error for a spent budget: the same for known and unknown accounts, right and wrong
/// passwords.
Error too_many_attempts(std::string_view code, std::chrono::seconds retry_after);

} // namespace keystead::sign_in
