// features/notify/notify_service.h
//
// Tells people things by e-mail: a message is a row of the transaction that causes it (the outbox),
// sent afterwards by a job. Every text is a template of ours in text and HTML; nothing that a
// person typed becomes a header or a link.
#pragma once

#include "core/clock.h"
#include "core/id.h"
#include "core/random.h"
#include "core/result.h"
#include "core/secret.h"
#include "crypto/keys.h"
#include "storage/database.h"

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

/// Queues messages. Implemented by OutboxService; the sender is OutboxSender::run_once(now).
class Notifier {
public:
    virtual ~Notifier() = default;
    /// One outbox row. Merges silently when the address had its 3 of that purpose within the hour,
    /// but for notices of changes, which are never starved: then a row is still written, marked
    /// merged, so that statement and row counts are equal.
    virtual Result<void> enqueue(WriteTx& tx, const Message& message) = 0;
};

} // namespace keystead::notify
