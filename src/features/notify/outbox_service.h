// features/notify/outbox_service.h
//
// Queues messages: one INSERT each, whatever the message and whoever it is for, so that foreground
// work is the same for known and unknown people. What is merged is decided when it is sent
// (outbox_sender.h), where nothing races.
#pragma once

#include "core/clock.h"
#include "core/random.h"
#include "crypto/keys.h"
#include "features/notify/notify_service.h"
#include "features/notify/outbox_store.h"

#include <functional>

namespace keystead::notify {

class OutboxService final : public Notifier {
public:
    /// `wake` runs after each commit that queued something, on the committing thread: it must not
    /// block or throw.
    OutboxService(const Clock& clock, Random& random, const crypto::KeyRing& keys,
                  std::function<void()> wake);

    Result<void> enqueue(WriteTx& tx, const Message& message) override;
    /// Forgets which messages were an account's: finished ones are deleted, waiting ones (the last
    /// good-bye) still leave.
    Result<void> erase_account(ChangeTx& tx, AccountId account);

private:
    const Clock& clock_;
    Random& random_;
    const crypto::KeyRing& keys_;
    std::function<void()> wake_;
    OutboxStore store_;
};

} // namespace keystead::notify
