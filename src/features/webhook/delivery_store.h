// features/webhook/delivery_store.h
//
// SQL of deliveries, one method a statement; decides nothing.
#pragma once

#include "core/result.h"
#include "features/webhook/webhook.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace keystead::webhook {

class DeliveryStore {
public:
    Result<void> insert(ChangeTx& tx, const Delivery& delivery);
    /// Newest first, older than `before`.
    Result<std::vector<Delivery>> list(ReadTx& tx, EndpointId endpoint,
                                       std::optional<DeliveryId> before, std::uint32_t limit);
    Result<std::optional<Delivery>> find(ReadTx& tx, DeliveryId id);
    Result<std::int64_t> count_waiting(ReadTx& tx, EndpointId endpoint);
    Result<std::optional<Instant>> find_last_delivered(ReadTx& tx, EndpointId endpoint);

    struct Due {
        EndpointId endpoint;
        bool is_of_instance = false;
    };
    /// Endpoints for which something is due.
    Result<std::vector<Due>> list_due_endpoints(ReadTx& tx, Instant now, std::uint32_t limit);
    /// Takes the longest due, counts an attempt, and puts each off until `again_at`: what is not
    /// settled by then, since the process died, is tried again.
    Result<std::vector<Delivery>> claim(ChangeTx& tx, EndpointId endpoint, Instant now,
                                        Instant again_at, std::uint32_t limit);
    /// Claimed and not tried after all.
    Result<void> unclaim(ChangeTx& tx, DeliveryId id, Instant due_at);
    /// What an attempt came to; `due_at` is when it ended, or is tried next.
    Result<void> record(ChangeTx& tx, const Delivery& delivery, const Attempt& attempt);
    Result<void> settle(ChangeTx& tx, DeliveryId id, DeliveryState state, Instant now,
                        std::string_view error);
    /// All that wait for an endpoint.
    /// Of every endpoint; how many.
    Result<int> drop_all_waiting(ChangeTx& tx, Instant now, std::string_view error);
    Result<void> drop_waiting(ChangeTx& tx, EndpointId endpoint, Instant now,
                              std::string_view error);

    /// No time of a delivery is later than that. How many.
    Result<int> bound_times(ChangeTx& tx, Instant moment);

    struct Queue {
        EndpointId endpoint;
        std::int64_t waiting = 0;
    };
    Result<std::vector<Queue>> list_long_queues(ReadTx& tx, std::uint32_t longer_than);
    /// The newest that wait, all but the `keep` oldest.
    Result<int> drop_newest(ChangeTx& tx, EndpointId endpoint, std::uint32_t keep, Instant now,
                            std::string_view error);
    Result<int> delete_settled_before(ChangeTx& tx, Instant before, std::uint32_t limit);
    /// Queued by one transaction while another deleted the endpoint: neither saw the other.
    Result<int> delete_of_no_endpoint(ChangeTx& tx, std::uint32_t limit);
    Result<void> delete_of_endpoint(ChangeTx& tx, EndpointId endpoint);
    /// Settled ones that are about an account.
    Result<void> delete_settled_about(ChangeTx& tx, AccountId account);
};

} // namespace keystead::webhook
