#include "features/webhook/delivery_service.h"

#include "features/webhook/event_relay_service.h"

#include <algorithm>
#include <utility>

namespace keystead::webhook {
namespace {

using std::chrono::hours;

constexpr std::chrono::seconds kRetryAfterMax = hours{1};
const Actor kSystem{.kind = ActorKind::System};

bool may_be_sent(const Endpoint& endpoint, const Delivery& delivery)
{
    return endpoint.state == EndpointState::Enabled || delivery.cause == Cause::Test;
}

/// A test is for somebody who is looking: it is tried once.
Verdict verdict_of(const Attempt& attempt, const Delivery& delivery, Instant now)
{
    const auto verdict = judge(attempt, delivery.attempts, delivery.created_at, now);
    const bool is_test = delivery.cause == Cause::Test;
    return is_test && verdict != Verdict::Delivered ? Verdict::GiveUp : verdict;
}

DeliveryState state_after(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Delivered: return DeliveryState::Delivered;
    case Verdict::Later: return DeliveryState::Waiting;
    case Verdict::GiveUp:
    case Verdict::Gone: return DeliveryState::GivenUp;
    }
    std::abort();
}

} // namespace

Result<bool> DeliveryService::work(WorkerKind worker)
{
    const auto turn = stopping_ ? std::nullopt : p_.lanes.take(worker, p_.clock.now());
    if (!turn) {
        return false;
    }
    Batch batch;
    const auto served = serve(*turn, batch);
    if (!served) { // The database: look() offers the lane again.
        batch.ended = {.failed = true};
    }
    p_.lanes.end(turn->endpoint, batch.ended, p_.clock.now());
    if (!served) {
        return served.error();
    }
    return true;
}

Result<void> DeliveryService::serve(const LaneBook::Turn& turn, Batch& batch)
{
    const Instant now = p_.clock.now();
    const std::uint32_t at_most = turn.is_good ? kBatchMax : 1;
    KS_TRY(batch.claimed, p_.database.upkeep([&](UpkeepTx& tx) {
        return deliveries_.claim(tx, turn.endpoint, now, now + kClaim, at_most);
    }));
    batch.ended.more = batch.claimed.size() == at_most;
    if (batch.claimed.empty()) {
        return {};
    }
    KS_TRY(const auto endpoint,
           p_.database.read([&](ReadTx& tx) { return endpoints_.find(tx, turn.endpoint); }));
    if (!endpoint) { // Deleted meanwhile, its deliveries with it.
        return {};
    }
    const auto sent = send_all(batch);
    KS_CHECK(keep(batch)); // What was sent was sent.
    KS_CHECK(sent);
    return stop_if_hopeless(*endpoint, batch);
}

Result<void> DeliveryService::send_all(Batch& batch)
{
    for (Delivery& delivery : batch.claimed) {
        const bool goes_on =
            !stopping_ && !batch.ended.failed && batch.ended.slowest < LaneBook::kSlow;
        if (!goes_on) {
            break;
        }
        // As it is now: what was disabled, or got another address or secret, is heeded at once.
        KS_TRY(const auto endpoint, p_.database.read([&](ReadTx& tx) {
            return endpoints_.find(tx, delivery.endpoint);
        }));
        if (!endpoint) { // Deleted meanwhile, its deliveries with it.
            break;
        }
        if (!may_be_sent(*endpoint, delivery)) {
            delivery.state = DeliveryState::Dropped;
            delivery.due_at = p_.clock.now();
            batch.done.push_back({delivery,
                                  {.error = "The endpoint is not enabled."},
                                  Verdict::Delivered}); // No sign of how the receiver does.
            continue;
        }
        Attempt attempted = attempt(*endpoint, delivery);
        const Instant now = p_.clock.now();
        const Verdict verdict = verdict_of(attempted, delivery, now);
        delivery.state = state_after(verdict);
        delivery.last_attempt_at = now;
        delivery.due_at = now;
        if (verdict == Verdict::Later) {
            const auto wish =
                std::min(attempted.retry_after.value_or(std::chrono::seconds{0}), kRetryAfterMax);
            delivery.due_at += std::max(backoff(delivery.attempts, p_.random), wish);
            batch.ended.wait_at_least = wish;
        }
        batch.ended.failed = verdict != Verdict::Delivered;
        batch.ended.slowest = std::max(batch.ended.slowest, attempted.duration);
        batch.done.push_back({delivery, std::move(attempted), verdict});
    }
    return {};
}

Attempt DeliveryService::attempt(const Endpoint& endpoint, const Delivery& delivery)
{
    const auto headers = p_.webhooks.headers(endpoint, delivery, p_.clock.now());
    if (!headers) { // No other delivery shall wait for this one.
        p_.report(endpoint.id, headers.error().code);
        return Attempt{.error = "The signing secret cannot be used: make a new one."};
    }
    outgoing::Call call{
        .url = endpoint.url, .post = delivery.body, .named_by = named_by(endpoint.account)};
    for (const auto& [name, value] : *headers) {
        call.headers.emplace_back(name, value);
    }
    const auto begun = p_.clock.since_boot();
    const auto answer = p_.client.send(call);
    const auto duration =
        std::chrono::duration_cast<std::chrono::milliseconds>(p_.clock.since_boot() - begun);
    if (!answer) { // The settings no longer permit what they did when it was made.
        p_.report(endpoint.id, answer.error().code);
        return Attempt{.error = answer.error().detail};
    }
    if (answer->outcome != outgoing::Outcome::Answered) {
        p_.report(endpoint.id, answer->cause);
        return Attempt{.duration = duration,
                       .error = std::string(outgoing::words_of(answer->outcome))};
    }
    const bool fine = answer->status >= 200 && answer->status < 300;
    return Attempt{.status = answer->status,
                   .retry_after = answer->retry_after,
                   .duration = duration, // its name's resolution included
                   .error = fine ? "" : words_of_status(answer->status)};
}

Result<void> DeliveryService::keep(Batch& batch)
{
    const Instant now = p_.clock.now();
    return p_.database.upkeep([&](UpkeepTx& tx) -> Result<void> {
        for (const Done& done : batch.done) {
            KS_CHECK(done.delivery.state == DeliveryState::Dropped
                         ? deliveries_.settle(tx, done.delivery.id, DeliveryState::Dropped, now,
                                              done.attempt.error)
                         : deliveries_.record(tx, done.delivery, done.attempt));
        }
        for (std::size_t i = batch.done.size(); i < batch.claimed.size(); ++i) {
            KS_CHECK(deliveries_.unclaim(tx, batch.claimed[i].id, batch.claimed[i].created_at));
        }
        return {};
    });
}

Result<void> DeliveryService::stop_if_hopeless(const Endpoint& endpoint, const Batch& batch)
{
    for (const Done& done : batch.done) {
        if (done.delivery.cause == Cause::Test || done.delivery.state == DeliveryState::Dropped) {
            continue;
        }
        if (done.verdict == Verdict::Gone) {
            return stop_endpoint(endpoint, EndpointState::Gone);
        }
        if (done.verdict == Verdict::GiveUp) {
            KS_TRY(const auto last, p_.database.read([&](ReadTx& tx) {
                return deliveries_.find_last_delivered(tx, endpoint.id);
            }));
            if (!last || *last < done.delivery.created_at) {
                return stop_endpoint(endpoint, EndpointState::Failing);
            }
        }
    }
    return {};
}

Result<void> DeliveryService::stop_endpoint(const Endpoint& endpoint, EndpointState state)
{
    const auto outcome = p_.database.write([&](WriteTx& tx) -> Result<void> {
        if (endpoint.account) { // A change in hand writes the state that it has read.
            KS_CHECK(tx.lock(*endpoint.account));
        }
        KS_TRY(const bool stopped, endpoints_.stop(tx, endpoint.id, state));
        if (!stopped) {
            return {};
        }
        KS_CHECK(
            deliveries_.drop_waiting(tx, endpoint.id, p_.clock.now(), "The endpoint was stopped."));
        KS_CHECK(p_.audit.append(
            tx, {.actor = kSystem,
                 .action = "webhook.stop",
                 .account = endpoint.account,
                 .target = {.kind = "webhook", .id = endpoint.id.text()},
                 .details = {{.name = "state", .value = std::string(name_of(state))}}}));
        if (!endpoint.account) {
            return {};
        }
        return p_.notices.tell_owner(tx, kSystem, *endpoint.account,
                                     notify::Purpose::WebhookStopped,
                                     {{"receiver", host_of(endpoint.url)}});
    });
    p_.report(endpoint.id, "stopped: " + std::string(name_of(state)));
    return outcome;
}

Result<bool> DeliveryService::look(Instant now)
{
    constexpr std::uint32_t kMost = 10'000;
    KS_TRY(const auto due, p_.database.read([&](ReadTx& tx) {
        return deliveries_.list_due_endpoints(tx, now, kMost);
    }));
    bool any = false;
    for (const auto& [endpoint, is_of_instance] : due) {
        if (!p_.lanes.is_paused(endpoint, now)) {
            p_.lanes.offer(endpoint, is_of_instance ? kInstanceParallel : 1);
            any = true;
        }
    }
    return any;
}

Result<void> DeliveryService::sweep(Instant now)
{
    constexpr int kAtOnce = 1000;
    KS_CHECK(drop_overflow(now));
    KS_CHECK(end_old_secrets(now));
    for (int rows = kAtOnce; rows == kAtOnce && !stopping_;) {
        KS_TRY(rows, p_.database.upkeep([&](UpkeepTx& tx) -> Result<int> {
            KS_TRY(const int settled,
                   deliveries_.delete_settled_before(tx, now - p_.settings.retention, kAtOnce));
            KS_TRY(const int orphaned, deliveries_.delete_of_no_endpoint(tx, kAtOnce));
            return std::max(settled, orphaned);
        }));
    }
    return {};
}

// The bound is kept here, some seconds late, and not where events are queued: there it would need a
// lock on the endpoint, and every change of every account would wait for every other.
Result<void> DeliveryService::drop_overflow(Instant now)
{
    KS_TRY(const auto queues, p_.database.read([&](ReadTx& tx) {
        return deliveries_.list_long_queues(tx, p_.settings.queue_max);
    }));
    for (const auto& queue : queues) {
        const EndpointId endpoint = queue.endpoint;
        KS_TRY([[maybe_unused]] const int dropped, p_.database.upkeep([&](UpkeepTx& tx) {
            return deliveries_.drop_newest(tx, endpoint, p_.settings.queue_max, now,
                                           "Too many deliveries waited for this endpoint.");
        }));
        p_.report(endpoint, "queue full: newest deliveries dropped");
    }
    return {};
}

Result<void> DeliveryService::end_old_secrets(Instant now)
{
    return p_.database.write(
        [&](WriteTx& tx) { return p_.webhooks.end_expired_secrets(tx, kSystem, now); });
}

} // namespace keystead::webhook
