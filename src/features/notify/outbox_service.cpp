#include "features/notify/outbox_service.h"

#include "crypto/hash.h"
#include "features/notify/message_payload.h"

#include <utility>

namespace keystead::notify {

OutboxService::OutboxService(const Clock& clock, Random& random, const crypto::KeyRing& keys,
                             std::function<void()> wake)
    : clock_(clock), random_(random), keys_(keys), wake_(std::move(wake))
{
}

Result<void> OutboxService::enqueue(WriteTx& tx, const Message& message)
{
    const Instant now = clock_.now();
    const auto id = MessageId::make(now, random_);
    const Secret payload = encode_payload(message);
    KS_CHECK(store_.insert(
        tx, {.id = id,
             .account = message.account,
             .purpose = message.purpose,
             .address_digest = crypto::hmac_sha256(keys_.key(crypto::KeyPurpose::IdentifierDigest),
                                                   as_bytes(message.to)),
             .created_at = now,
             .due_at = now,
             .payload = keys_.seal(crypto::KeyPurpose::OutboxSeal, "outbox/" + id.text(),
                                   payload.reveal())}));
    tx.after_commit(wake_);
    return {};
}

Result<void> OutboxService::erase_account(ChangeTx& tx, AccountId account)
{
    KS_CHECK(store_.delete_finished_of(tx, account));
    return store_.detach(tx, account);
}

} // namespace keystead::notify
