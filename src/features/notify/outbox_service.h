// features/notify/outbox_service.h
//
// Queues messages: one INSERT each, whatever the message and whoever it is for, so that foreground
// work is the same for known and unknown people. Whether a link may be mailed is decided here,
// before it is made; which notices are merged, when they are sent (outbox_sender.h).
#pragma once

#include "core/clock.h"
#include "core/random.h"
#include "core/set_back.h"
#include "core/settings.h"
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
                  const MailSettings& settings, std::function<void()> wake);

    Result<Admission> admit(WriteTx& tx, const LinkMail& mail) override;

    Result<void> enqueue(WriteTx& tx, const Message& message) override;
    /// Nothing waits for a time that comes again, and mails of then do not count against an
    /// address for longer than those of now. How many messages.
    Result<int> set_back(ChangeTx& tx, const SetBack& clock);
    /// Messages of a database that was restored: they were sent since, or carry links that are
    /// dead. How many.
    Result<int> give_up_waiting(ChangeTx& tx);
    /// Forgets which messages were an account's: finished ones are deleted, waiting ones (the last
    /// good-bye) still leave.
    Result<void> erase_account(ChangeTx& tx, AccountId account);

private:
    const Clock& clock_;
    Random& random_;
    Digest digest_of(std::string_view address) const;

    const crypto::KeyRing& keys_;
    const MailSettings& settings_;
    std::function<void()> wake_;
    OutboxStore store_;
};

} // namespace keystead::notify
