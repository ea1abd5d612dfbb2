// features/product_event/product_event_store.h
//
// The SQL of product events, one method a statement. What was told is in the audit log.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/result.h"
#include "features/product_event/product_event.h"
#include "storage/database.h"

#include <optional>

namespace keystead::product_event {

struct KnownEvent {
    Digest id_digest = {};
    ProductEventId id;
    AccountId account;
    Digest content = {};
};

struct ProductEventStore {
    /// False when an event of that id is known; waits for a transaction that is about to tell it.
    Result<bool> insert(WriteTx& tx, const KnownEvent& event, Instant now);
    Result<std::optional<KnownEvent>> find(ReadTx& tx, const Digest& id_digest);
    Result<void> remove_all(WriteTx& tx, AccountId account);
    Result<void> sweep(UpkeepTx& tx, Instant older_than);
};

} // namespace keystead::product_event
