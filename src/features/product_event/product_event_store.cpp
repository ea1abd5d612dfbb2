#include "features/product_event/product_event_store.h"

namespace keystead::product_event {

Result<bool> ProductEventStore::insert(WriteTx& tx, const KnownEvent& event, Instant now)
{
    KS_TRY(const int rows,
           tx.exec("INSERT INTO product_event (id_digest, id, account_id, content_digest, "
                   "recorded_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id_digest) DO NOTHING",
                   event.id_digest, event.id, event.account, event.content, now));
    return rows == 1;
}

Result<std::optional<KnownEvent>> ProductEventStore::find(ReadTx& tx, const Digest& id_digest)
{
    KS_TRY(const auto row, tx.query_one("SELECT id, account_id, content_digest FROM product_event "
                                        "WHERE id_digest = $1",
                                        id_digest));
    if (!row) {
        return std::optional<KnownEvent>{};
    }
    return std::optional<KnownEvent>{{.id_digest = id_digest,
                                      .id = row->id<ProductEventId>(0),
                                      .account = row->id<AccountId>(1),
                                      .content = row->digest(2)}};
}

Result<void> ProductEventStore::remove_all(WriteTx& tx, AccountId account)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("DELETE FROM product_event WHERE account_id = $1", account));
    return {};
}

Result<void> ProductEventStore::sweep(UpkeepTx& tx, Instant older_than)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("DELETE FROM product_event WHERE recorded_at < $1", older_than));
    return {};
}

} // namespace keystead::product_event
