#include "features/webhook/delivery_store.h"

#include "storage/rows.h"

#include <algorithm>
#include <tuple>

namespace keystead::webhook {
namespace {

using storage::done;

Delivery delivery_of(const Row& row)
{
    const auto status = row.optional_integer(12);
    const auto duration = row.optional_integer(13);
    return {.id = row.id<DeliveryId>(0),
            .endpoint = row.id<EndpointId>(1),
            .message = row.id<MessageId>(2),
            .account = row.optional_id<AccountId>(3),
            .type = row.text(4),
            .body = row.text(5),
            .cause = static_cast<Cause>(row.integer(6)),
            .state = static_cast<DeliveryState>(row.integer(7)),
            .created_at = row.time(8),
            .due_at = row.time(9),
            .attempts = static_cast<std::uint32_t>(row.integer(10)),
            .last_attempt_at = row.optional_time(11),
            .last_status = status ? std::optional(static_cast<int>(*status)) : std::nullopt,
            .last_duration =
                duration ? std::optional(std::chrono::milliseconds{*duration}) : std::nullopt,
            .last_error = row.optional_text(14).value_or("")};
}

std::vector<Delivery> deliveries_of(const Rows& rows)
{
    std::vector<Delivery> deliveries;
    deliveries.reserve(rows.size());
    for (const Row& row : rows) {
        deliveries.push_back(delivery_of(row));
    }
    return deliveries;
}

} // namespace

Result<void> DeliveryStore::insert(ChangeTx& tx, const Delivery& delivery)
{
    return done(tx.exec("INSERT INTO webhook_delivery (id, endpoint_id, message_id, account_id, "
                        "type, body, cause, state, created_at, due_at, attempts) "
                        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0)",
                        delivery.id, delivery.endpoint, delivery.message, delivery.account,
                        delivery.type, delivery.body, delivery.cause, DeliveryState::Waiting,
                        delivery.created_at, delivery.due_at));
}

Result<std::vector<Delivery>> DeliveryStore::list(ReadTx& tx, EndpointId endpoint,
                                                  std::optional<DeliveryId> before,
                                                  std::uint32_t limit)
{
    IdBytes last{};
    last.fill(std::byte{0xFF});
    KS_TRY(const Rows rows,
           tx.query("SELECT id, endpoint_id, message_id, account_id, type, body, cause, state, "
                    "created_at, due_at, attempts, last_attempt_at, last_status, last_duration_ms, "
                    "last_error FROM webhook_delivery WHERE endpoint_id = $1 AND id < $2 "
                    "ORDER BY id DESC LIMIT $3",
                    endpoint, before.value_or(DeliveryId{last}), limit));
    return deliveries_of(rows);
}

Result<std::optional<Delivery>> DeliveryStore::find(ReadTx& tx, DeliveryId id)
{
    KS_TRY(const auto row,
           tx.query_one("SELECT id, endpoint_id, message_id, account_id, type, body, cause, state, "
                        "created_at, due_at, attempts, last_attempt_at, last_status, "
                        "last_duration_ms, last_error FROM webhook_delivery WHERE id = $1",
                        id));
    return row ? std::optional(delivery_of(*row)) : std::nullopt;
}

Result<std::int64_t> DeliveryStore::count_waiting(ReadTx& tx, EndpointId endpoint)
{
    KS_TRY(const Rows rows,
           tx.query("SELECT count(*) FROM webhook_delivery WHERE endpoint_id = $1 AND state = $2",
                    endpoint, DeliveryState::Waiting));
    return rows.front().integer(0);
}

Result<std::optional<Instant>> DeliveryStore::find_last_delivered(ReadTx& tx, EndpointId endpoint)
{
    KS_TRY(const Rows rows, tx.query("SELECT max(due_at) FROM webhook_delivery WHERE "
                                     "endpoint_id = $1 AND state = $2",
                                     endpoint, DeliveryState::Delivered));
    return rows.front().optional_time(0);
}

Result<std::vector<DeliveryStore::Due>> DeliveryStore::list_due_endpoints(ReadTx& tx, Instant now,
                                                                          std::uint32_t limit)
{
    KS_TRY(const Rows rows,
           tx.query("SELECT e.id, e.account_id FROM webhook_endpoint e WHERE EXISTS (SELECT 1 "
                    "FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.state = $1 AND "
                    "d.due_at <= $2) LIMIT $3",
                    DeliveryState::Waiting, now, limit));
    std::vector<Due> due;
    due.reserve(rows.size());
    for (const Row& row : rows) {
        due.push_back({row.id<EndpointId>(0), row.is_null(1)});
    }
    return due;
}

Result<std::vector<Delivery>> DeliveryStore::claim(ChangeTx& tx, EndpointId endpoint, Instant now,
                                                   Instant again_at, std::uint32_t limit)
{
    // What the inner statement says of state and time is said again outside: on PostgreSQL that
    // part is looked at anew when another worker was faster.
    KS_TRY(const Rows rows,
           tx.query("UPDATE webhook_delivery SET attempts = attempts + 1, due_at = $3 WHERE id IN "
                    "(SELECT id FROM webhook_delivery WHERE endpoint_id = $1 AND state = $4 AND "
                    "due_at <= $2 ORDER BY due_at, id LIMIT $5) AND state = $4 AND due_at <= $2 "
                    "RETURNING id, endpoint_id, message_id, account_id, type, body, cause, state, "
                    "created_at, due_at, attempts, last_attempt_at, last_status, last_duration_ms, "
                    "last_error",
                    endpoint, now, again_at, DeliveryState::Waiting, limit));
    auto claimed = deliveries_of(rows);
    std::ranges::sort(claimed, {},
                      [](const Delivery& d) { return std::tuple(d.created_at, d.id); });
    return claimed;
}

Result<void> DeliveryStore::unclaim(ChangeTx& tx, DeliveryId id, Instant due_at)
{
    return done(tx.exec("UPDATE webhook_delivery SET attempts = attempts - 1, due_at = $2 "
                        "WHERE id = $1 AND state = $3",
                        id, due_at, DeliveryState::Waiting));
}

Result<void> DeliveryStore::record(ChangeTx& tx, const Delivery& delivery, const Attempt& attempt)
{
    const auto milliseconds = attempt.duration.count();
    return done(tx.exec(
        "UPDATE webhook_delivery SET state = $2, due_at = $3, last_attempt_at = $4, "
        "last_status = $5, last_duration_ms = $6, last_error = $7 WHERE id = $1 AND state = $8",
        delivery.id, delivery.state, delivery.due_at, delivery.last_attempt_at, attempt.status,
        milliseconds, attempt.error, DeliveryState::Waiting));
}

Result<void> DeliveryStore::settle(ChangeTx& tx, DeliveryId id, DeliveryState state, Instant now,
                                   std::string_view error)
{
    return done(tx.exec("UPDATE webhook_delivery SET state = $2, due_at = $3, last_error = $4 "
                        "WHERE id = $1 AND state = $5",
                        id, state, now, error, DeliveryState::Waiting));
}

Result<void> DeliveryStore::drop_waiting(ChangeTx& tx, EndpointId endpoint, Instant now,
                                         std::string_view error)
{
    return done(tx.exec("UPDATE webhook_delivery SET state = $2, due_at = $3, last_error = $4 "
                        "WHERE endpoint_id = $1 AND state = $5",
                        endpoint, DeliveryState::Dropped, now, error, DeliveryState::Waiting));
}

Result<int> DeliveryStore::drop_all_waiting(ChangeTx& tx, Instant now, std::string_view error)
{
    return tx.exec("UPDATE webhook_delivery SET state = $1, due_at = $2, last_error = $3 "
                   "WHERE state = $4",
                   DeliveryState::Dropped, now, error, DeliveryState::Waiting);
}

Result<int> DeliveryStore::bound_times(ChangeTx& tx, Instant moment)
{
    return tx.exec(
        "UPDATE webhook_delivery SET created_at = CASE WHEN created_at > $1 THEN $1 ELSE "
        "created_at END, due_at = CASE WHEN due_at > $1 THEN $1 ELSE due_at END, last_attempt_at = "
        "CASE WHEN last_attempt_at > $1 THEN $1 ELSE last_attempt_at END "
        "WHERE created_at > $1 OR due_at > $1 OR last_attempt_at > $1",
        moment);
}

Result<std::vector<DeliveryStore::Queue>> DeliveryStore::list_long_queues(ReadTx& tx,
                                                                          std::uint32_t longer_than)
{
    KS_TRY(const Rows rows,
           tx.query("SELECT endpoint_id, count(*) FROM webhook_delivery WHERE state = $1 "
                    "GROUP BY endpoint_id HAVING count(*) > $2",
                    DeliveryState::Waiting, longer_than));
    std::vector<Queue> queues;
    for (const Row& row : rows) {
        queues.push_back({row.id<EndpointId>(0), row.integer(1)});
    }
    return queues;
}

Result<int> DeliveryStore::drop_newest(ChangeTx& tx, EndpointId endpoint, std::uint32_t keep,
                                       Instant now, std::string_view error)
{
    constexpr std::int64_t kAtOnce = 100'000;
    return tx.exec("UPDATE webhook_delivery SET state = $2, due_at = $3, last_error = $4 WHERE id "
                   "IN (SELECT id FROM webhook_delivery WHERE endpoint_id = $1 AND state = $5 "
                   "ORDER BY id LIMIT $6 OFFSET $7) AND state = $5",
                   endpoint, DeliveryState::Dropped, now, error, DeliveryState::Waiting, kAtOnce,
                   keep);
}

Result<int> DeliveryStore::delete_settled_before(ChangeTx& tx, Instant before, std::uint32_t limit)
{
    return tx.exec("DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery "
                   "WHERE state > $1 AND due_at < $2 LIMIT $3)",
                   DeliveryState::Waiting, before, limit);
}

Result<int> DeliveryStore::delete_of_no_endpoint(ChangeTx& tx, std::uint32_t limit)
{
    return tx.exec("DELETE FROM webhook_delivery WHERE id IN (SELECT d.id FROM webhook_delivery d "
                   "WHERE d.state = $1 AND NOT EXISTS (SELECT 1 FROM webhook_endpoint e WHERE "
                   "e.id = d.endpoint_id) LIMIT $2)",
                   DeliveryState::Waiting, limit);
}

Result<void> DeliveryStore::delete_of_endpoint(ChangeTx& tx, EndpointId endpoint)
{
    return done(tx.exec("DELETE FROM webhook_delivery WHERE endpoint_id = $1", endpoint));
}

Result<void> DeliveryStore::delete_settled_about(ChangeTx& tx, AccountId account)
{
    return done(tx.exec("DELETE FROM webhook_delivery WHERE account_id = $1 AND state <> $2",
                        account, DeliveryState::Waiting));
}

} // namespace keystead::webhook
