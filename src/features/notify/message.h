// features/notify/message.h
//
// What there is to tell people, and the facts that go with it. Pure values.
#pragma once

#include "core/id.h"
#include "core/secret.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keystead::notify {

/// The messages there are. Each has a template (subject, text, HTML) in features/notify/templates.
enum class Purpose : std::uint8_t {
    SignUpLink = 1,      // link
    SignUpAccountExists, // to an address that has an account; link to sign-in and recovery
    Invitation,          // link
    RecoveryLink,        // link
    RecoveryNoAccount,   // to an address without one (same work and rows as RecoveryLink)
    PasswordChanged,
    EmailConfirmLink, // to the new address; link
    EmailChanged,     // to the old and all others; link to undo
    EmailChangeUndone,
    NotificationAddressLink, // link
    NotificationAddressAdded,
    NotificationAddressRemoved,
    SecondFactorEnabled,
    SecondFactorDisabled,
    AuthenticatorAdded,
    AuthenticatorRemoved,
    BackupCodesMade,
    BackupCodeUsed,      // with how many are left
    NewSignIn,           // new device or country; "this was not me" link
    SecondFactorFailing, // right password, wrong codes
    SessionsEnded,
    DeletionRequested,
    DeletionCancelled,
    AccountDeleted,
    AccountDisabled,
    FactorsReset,       // by operators
    FactorResetPending, // daily, while the wait runs; "not me" link
    TokenCreated,
    TokenRotated,
    TokenRevoked,
    TokenSurrendered, // ended by whoever held it
    ServerRestored,   // to operators, and to whose credentials it suspended
    WebhookChanged,   // added, another address or secret
    WebhookStopped,   // deliveries failed for days, or the receiver wants no more
    TokenSuspended,   // had expired by a clock that was then set back
    SshKeyAdded,
    SshKeyRotated,
    SshKeyRevoked,
    SshKeyCompromised, // whoever held it said so by its signature
    SshKeyOld,         // to be rotated
    AuditNotShipped,   // to operators: the receiver of the log takes nothing
    AccountFrozen,     // said to be compromised: how to go on
    AccountSecured,    // that is over
    NewCountrySignIn,
    SignInAfterFailures, // many refused attempts, then somebody got in
    RecoveryFailing,     // the link of a recovery, wrong codes
    TokenConfirmed,      // a suspended one works again
    SshKeyConfirmed,
    BackupCodesConfirmed,
    NoticesChanged, // which optional notices are sent
    NotMeReported,  // by the link of a notice
};

/// A fact a template shows: name and value ("device" → "Firefox on Linux"). Shown as text, never as
/// markup or header.
using Facts = std::vector<std::pair<std::string_view, std::string>>;

struct Message {
    Purpose purpose;
    std::string to;                        // a stored, canonical address
    std::optional<AccountId> account = {}; // for export, erasure
    std::string_view link_path = {};    // "/recovery/confirm"; built onto the configured base URL
    const Secret* link_token = nullptr; // put into the fragment
    Facts facts = {};
};

} // namespace keystead::notify
