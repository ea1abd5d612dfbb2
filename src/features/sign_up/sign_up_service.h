// features/sign_up/sign_up_service.h
//
// How accounts come to be. The e-mail address is confirmed first and the password chosen
// afterwards, so that nobody can prepare an account on another's address; the answer to a request
// never says whether the address has an account (K-12).
//
//   request ─▶ mail with a link ─▶ [look at the link, hash] ─▶ confirm ─▶ account, password,
//   session (the operator's set-up)  token printed at start ─▶ [hash] ─▶ set_up ─▶ first operator;
//   twenty may race, one wins
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/secret.h"
#include "core/settings.h"
#include "crypto/keys.h"
#include "features/account/account_service.h"
#include "features/audit/audit_log.h"
#include "features/link/link_service.h"
#include "features/notify/notify_service.h"
#include "features/password/password_service.h"
#include "features/sign_in/sign_in_service.h"

#include <optional>
#include <string>
#include <string_view>

namespace keystead::sign_up {

struct Parts {
    account::AccountService& accounts;
    password::PasswordService& passwords;
    link::LinkService& links;
    notify::Notifier& notifier;
    sign_in::SignInService& sign_in;
    audit::AuditLog& audit;
    const crypto::KeyRing& keys;
    const Clock& clock;
    Random& random;
    const AccountSettings& settings;
};

/// Whom a live sign-up or invitation link was sent to.
struct Invited {
    link::Purpose purpose;
    std::string address;
};

class SignUpService {
public:
    explicit SignUpService(const Parts& parts) : p_(parts) {}

    /// One link row, one mail, one event, whether or not the address has an account.
    /// Errors: sign-up/closed, sign-up/by-invitation (Forbidden).
    Result<void> request(WriteTx& tx, const Actor& actor, const account::EmailAddress& email);
    /// Errors: link/invalid.
    Result<Invited> look_at(ReadTx& tx, std::string_view token);
    /// The id that the account will have: its password is sealed for it before it is there.
    AccountId new_id() { return AccountId::make(p_.clock.now(), p_.random); }
    /// Errors: link/invalid; also when the address got an account meanwhile.
    Result<sign_in::SignedIn> confirm(WriteTx& tx, const Actor& actor, const Invited& invited,
                                      std::string_view token, std::string_view name,
                                      const password::HashedPassword& hashed,
                                      const sign_in::Whence& whence);

    Result<bool> set_up_is_open(ReadTx& tx);
    /// A new one-time token for the first operator; those made before are dead. Nothing once there
    /// is an operator.
    Result<std::optional<Secret>> make_set_up_token(WriteTx& tx, const Actor& actor);
    /// Errors: link/invalid.
    Result<void> look_at_set_up(ReadTx& tx, std::string_view token);
    /// Errors: link/invalid, account/email-taken.
    Result<sign_in::SignedIn> set_up(WriteTx& tx, const Actor& actor, std::string_view token,
                                     const account::EmailAddress& email, std::string_view name,
                                     const password::HashedPassword& hashed,
                                     const sign_in::Whence& whence);

private:
    Result<sign_in::SignedIn> create(WriteTx& tx, const Actor& actor,
                                     const account::NewAccount& wanted,
                                     const password::HashedPassword& hashed,
                                     session::Methods methods, const sign_in::Whence& whence);
    Parts p_;
};

} // namespace keystead::sign_up
