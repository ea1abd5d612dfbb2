// features/webhook/event_relay_service.h
//
// Stands before the audit log: whatever any slice records and the catalogue lists is queued for the
// endpoints that hear it, in the same transaction. Slices know nothing of it, and a new event type
// is one row of event_catalogue.cpp.
#pragma once

#include "core/clock.h"
#include "core/random.h"
#include "features/audit/audit_log.h"
#include "features/webhook/delivery_store.h"
#include "features/webhook/endpoint_store.h"
#include "features/webhook/lane_book.h"

#include <functional>

namespace keystead::webhook {

/// Calls at a time to an endpoint of the instance, which hears of every account.
inline constexpr std::uint32_t kInstanceParallel = 4;

class EventRelay final : public audit::AuditLog {
public:
    /// `wake` runs after each commit that queued something, on the committing thread: it must not
    /// block or throw.
    EventRelay(audit::AuditLog& log, const Clock& clock, Random& random, LaneBook& lanes,
               std::function<void()> wake)
        : log_(log), clock_(clock), random_(random), lanes_(lanes), wake_(std::move(wake))
    {
    }

    /// One statement more than the log's own for an event of the catalogue, and one more for each
    /// endpoint that hears it.
    Result<void> append(WriteTx& tx, const audit::Event& event) override;

private:
    Result<void> queue(WriteTx& tx, const audit::Event& event, std::string_view type);

    audit::AuditLog& log_;
    const Clock& clock_;
    Random& random_;
    LaneBook& lanes_;
    std::function<void()> wake_;
    EndpointStore endpoints_;
    DeliveryStore deliveries_;
};

} // namespace keystead::webhook
