#include "features/notify/outbox_service.h"

#include "crypto/hash.h"
#include "features/notify/message_payload.h"

#include <utility>

namespace keystead::notify {

OutboxService::OutboxService(const Clock& clock, Random& random, const crypto::KeyRing& keys,
                             const MailSettings& settings, std::function<void()> wake)
    : clock_(clock), random_(random), keys_(keys), settings_(settings), wake_(std::move(wake))
{
}

Digest OutboxService::digest_of(std::string_view address) const
{
    return crypto::hmac_sha256(keys_.key(crypto::KeyPurpose::IdentifierDigest), as_bytes(address));
}

Result<Admission> OutboxService::admit(WriteTx& tx, const LinkMail& mail)
{
    const Instant now = clock_.now();
    const Digest address = digest_of(mail.to);
    KS_CHECK(store_.lock_address(tx, address, now));
    KS_TRY(const auto recent,
           store_.count_links(tx, address, mail.purpose, mail.otherwise,
                              mail.asked_by.value_or(AccountId{}), now - std::chrono::hours{1}));
    const std::int64_t most = settings_.per_hour_max;
    const bool is_last = recent.all + 1 >= most;
    const bool ran_out = !recent.newest || *recent.newest + mail.link_lifetime <= now;
    const bool is_greedy = recent.own > 0 && recent.own + 1 >= most;
    const bool admitted = recent.all < most && !is_greedy && (!is_last || ran_out);
    return admitted ? Admission::Send : Admission::Merge;
}

Result<void> OutboxService::enqueue(WriteTx& tx, const Message& message)
{
    const Instant now = clock_.now();
    const auto id = MessageId::make(now, random_);
    const Secret payload = encode_payload(message);
    KS_CHECK(store_.insert(tx, {.id = id,
                                .account = message.account,
                                .purpose = message.purpose,
                                .place = place_of(message.purpose),
                                .address_digest = digest_of(message.to),
                                .created_at = now,
                                .due_at = now,
                                .payload = keys_.seal(crypto::KeyPurpose::OutboxSeal,
                                                      "outbox/" + id.text(), payload.reveal())}));
    tx.after_commit(wake_);
    return {};
}

Result<int> OutboxService::set_back(ChangeTx& tx, const SetBack& clock)
{
    return store_.bound_times(tx, clock.wall);
}

Result<int> OutboxService::give_up_waiting(ChangeTx& tx)
{
    return store_.give_up_waiting(tx, clock_.now(), "the database was restored");
}

Result<void> OutboxService::erase_account(ChangeTx& tx, AccountId account)
{
    KS_CHECK(store_.delete_finished_of(tx, account));
    return store_.detach(tx, account);
}

} // namespace keystead::notify
