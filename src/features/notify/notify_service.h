// features/notify/notify_service.h
//
// Tells people things by e-mail: a message is a row of the transaction that causes it (the outbox),
// sent afterwards by a job. Every text is a template of ours in text and HTML; nothing that a
// person typed becomes a header or a link.
#pragma once

#include "core/result.h"
#include "features/notify/message.h"
#include "storage/database.h"

namespace keystead::notify {

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
