// features/webhook/delivery_service.h
//
// Sends what waits for endpoints: at least once, each endpoint on its own. Several workers call
// work() side by side; look() finds what is due, after a start and for retries; sweep() forgets.
// What stops an endpoint is recorded, and its owner is told.
#pragma once

#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"
#include "core/settings.h"
#include "features/account/notices_service.h"
#include "features/audit/audit_log.h"
#include "features/webhook/delivery_store.h"
#include "features/webhook/endpoint_store.h"
#include "features/webhook/lane_book.h"
#include "features/webhook/webhook_service.h"
#include "outgoing/client.h"

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::webhook {

struct DeliveryParts {
    Database& database;
    WebhookService& webhooks;
    account::Notices& notices;
    audit::AuditLog& audit;
    const outgoing::Client& client;
    const Clock& clock;
    Random& random;
    const WebhookSettings& settings;
    LaneBook& lanes;
    /// Told of what the log should have: an endpoint and why a call to it failed.
    std::function<void(EndpointId, std::string_view cause)> report;
};

class DeliveryService {
public:
    explicit DeliveryService(DeliveryParts parts) : p_(std::move(parts)) {}

    /// Serves one lane: a few deliveries, or one where the receiver is slow or failing. False when
    /// no lane wanted this worker.
    Result<bool> work(WorkerKind worker);
    /// Offers every endpoint for which something is due; true when there is one.
    Result<bool> look(Instant now);
    Result<void> sweep(Instant now);
    /// Workers end after the call they are in.
    void stop() { stopping_ = true; }

    static constexpr std::uint32_t kBatchMax = 8;
    /// Longer than a whole batch can take, so that nothing is sent twice while it is being sent.
    static constexpr std::chrono::seconds kClaim{120};

private:
    struct Done {
        Delivery delivery;
        Attempt attempt;
        Verdict verdict;
    };
    struct Batch {
        std::vector<Delivery> claimed;
        std::vector<Done> done;
        LaneBook::Ended ended;
    };
    Result<void> serve(const LaneBook::Turn& turn, Batch& batch);
    Result<void> send_all(Batch& batch);
    Attempt attempt(const Endpoint& endpoint, const Delivery& delivery);
    Result<void> keep(Batch& batch);
    Result<void> stop_if_hopeless(const Endpoint& endpoint, const Batch& batch);
    Result<void> stop_endpoint(const Endpoint& endpoint, EndpointState state);
    Result<void> drop_overflow(Instant now);
    Result<void> end_old_secrets(Instant now);

    DeliveryParts p_;
    EndpointStore endpoints_;
    DeliveryStore deliveries_;
    std::atomic<bool> stopping_ = false;
};

} // namespace keystead::webhook
