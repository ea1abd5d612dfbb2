// features/product_event/product_event_service.h
//
// Records what the product tells, on the page of the account that it tells it of.
//
// Invariants: an id of a service client's is recorded once, whatever races, and says the same for
// as long as it is known, which is longer than a repeat of it would be taken; a request is recorded
// whole or not at all; nothing that the product chose stands in the log but as a commitment, so
// that it is erased with the person.
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/random.h"
#include "crypto/keys.h"
#include "features/account/account_service.h"
#include "features/audit/audit_log.h"
#include "features/product_event/product_event.h"
#include "features/product_event/product_event_store.h"
#include "storage/database.h"

#include <chrono>
#include <string_view>
#include <vector>

namespace keystead::product_event {

inline constexpr std::string_view kAction = "product_event.record";

struct Recorded {
    ProductEventId id;
    enum class Kind : std::uint8_t { New, Repeated } kind = Kind::New;
};

struct ProductEventParts {
    ProductEventStore& store;
    account::AccountService& accounts;
    audit::AuditLog& audit;
    const crypto::KeyRing& keys;
    const Clock& clock;
    Random& random;
    std::chrono::hours retention; // of the audit log
};

class ProductEventService {
public:
    explicit ProductEventService(const ProductEventParts& parts) : p_(parts) {}

    /// The oldest time that an event may carry now.
    Instant oldest() const { return p_.clock.now() - p_.retention; }

    /// One answer an event, in their order; `client` is the service client. Records
    /// product_event.record for each that is new. Errors, with the place: product-event/no-account
    /// (InvalidInput), product-event/id-taken (Conflict: an event of that id says something else).
    Result<std::vector<Recorded>> record(WriteTx& tx, const Actor& client,
                                         const std::vector<ProductEvent>& events);
    Result<void> erase(WriteTx& tx, AccountId account) { return p_.store.remove_all(tx, account); }
    /// Forgets ids whose events are too old to be told again.
    Result<void> sweep(Database& db, Instant now);

private:
    Digest digest_of(std::string_view what, std::string_view text) const;
    Result<void> lock_accounts(WriteTx& tx, const std::vector<ProductEvent>& events);
    Result<Recorded> claim(WriteTx& tx, const Actor& client, const ProductEvent& event,
                           std::size_t index);
    Result<void> append(WriteTx& tx, const Actor& client, const ProductEvent& event,
                        ProductEventId id);

    ProductEventParts p_;
};

} // namespace keystead::product_event
