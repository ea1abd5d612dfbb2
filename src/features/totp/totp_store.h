// features/totp/totp_store.h
//
// Rows of table `totp_authenticator`: at most five an account, one of them unconfirmed.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "features/totp/totp.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keystead::totp {

/// What a person sees of an authenticator.
struct Authenticator {
    AuthenticatorId id;
    std::string name;
    bool confirmed = false;
    Instant created_at;
    std::optional<Instant> last_used_at;
};

/// An authenticator with its sealed secret.
struct SealedAuthenticator {
    Authenticator authenticator;
    Bytes sealed_secret;
};

struct TotpStore {
    /// Oldest first.
    Result<std::vector<SealedAuthenticator>> list(ReadTx& tx, AccountId account);
    Result<std::optional<SealedAuthenticator>> find(ReadTx& tx, AccountId account,
                                                    AuthenticatorId id);
    /// Of those made after `after`.
    Result<std::int64_t> count_confirmed(ReadTx& tx, AccountId account, Instant after);
    /// The largest step that an authenticator of the account has accepted; nothing without one.
    Result<std::optional<TimeStep>> find_largest_step(ReadTx& tx, AccountId account);
    Result<void> insert(WriteTx& tx, AccountId account, const SealedAuthenticator& added);
    Result<int> erase_unconfirmed(WriteTx& tx, AccountId account);
    /// False if it is confirmed already, or gone.
    Result<bool> confirm(WriteTx& tx, AuthenticatorId id, TimeStep step, Instant now);
    /// Moves the authenticator's last accepted step forward. False if it was there already: someone
    /// was faster.
    Result<bool> advance_last_step(WriteTx& tx, AuthenticatorId id, TimeStep step, Instant now);
    /// Of all accounts: every step up to that one counts as used. How many authenticators moved.
    Result<int> spend_steps(WriteTx& tx, TimeStep up_to);
    /// Of all accounts: what was made after `moment` is as if made then. How many.
    Result<int> bound_created(WriteTx& tx, Instant moment);
    /// False if it is gone already.
    Result<bool> erase(WriteTx& tx, AccountId account, AuthenticatorId id);
    Result<int> erase_all(WriteTx& tx, AccountId account);
    /// Of all accounts; at most 1,000.
    Result<int> sweep_unconfirmed(WriteTx& tx, Instant created_before);
};

} // namespace keystead::totp
