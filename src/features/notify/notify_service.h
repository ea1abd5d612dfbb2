// features/notify/notify_service.h
//
// Tells people things by e-mail: a message is a row of the transaction that causes it (the outbox),
// sent afterwards by a job. Every text is a template of ours in text and HTML; nothing that a
// person typed becomes a header or a link.
#pragma once

#include "core/id.h"
#include "core/result.h"
#include "features/notify/message.h"
#include "storage/database.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace keystead::notify {

/// A mail with a link that somebody asks for.
struct LinkMail {
    Purpose purpose;   // the message with the link
    Purpose otherwise; // the message that goes instead where there is nothing to link to
    std::string_view to;
    std::chrono::seconds link_lifetime;
    std::optional<AccountId> asked_by = {}; // nothing: anybody may ask
};
enum class Admission : std::uint8_t { Send, Merge };

/// Queues messages. Implemented by OutboxService; the sender is OutboxSender::run_once(now).
class Notifier {
public:
    virtual ~Notifier() = default;
    /// Whether an address may be mailed one more link. At most `mail.per_hour_max` an hour an
    /// address and purpose; the last of them only once the link before it has run out, so that from
    /// each request on there is one that works, whoever else asked; and one account leaves the last
    /// to others. No: make no link, queue nothing, answer as ever. Locks the address until the end
    /// of the transaction. Two statements.
    virtual Result<Admission> admit(WriteTx& tx, const LinkMail& mail) = 0;
    /// One outbox row. Notices of sign-ins are merged silently beyond those of the hour; notices of
    /// changes never are.
    virtual Result<void> enqueue(WriteTx& tx, const Message& message) = 0;
};

} // namespace keystead::notify
