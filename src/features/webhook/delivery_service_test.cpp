// guards: nothing queued is lost or goes to a stopped endpoint, retries end, a bad receiver delays
// nobody else's
#include "features/webhook/delivery_service.h"

#include "test/support/receiver.h"
#include "test/support/webhook_world.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>

namespace keystead::webhook {
namespace {

using namespace std::chrono_literals;
using test::Receiver;

constexpr const char* kFine = "HTTP/1.1 204 Done\r\n\r\n";
constexpr const char* kBroken = "HTTP/1.1 500 Broken\r\n\r\n";

class Deliveries : public testing::TestWithParam<Database::Engine>, protected test::WebhookWorld {
protected:
    Deliveries() : WebhookWorld(GetParam()) {}
    EndpointId listening(const Receiver& receiver, Owner owner)
    {
        const auto made = make(owner, receiver.url(), {"session.*"});
        KS_ASSERT(made.has_value());
        static_cast<void>(mails.take());
        return made->endpoint.id;
    }
    /// Lets time pass until retries are over.
    void work_for_days()
    {
        for (int hour = 0; hour < 90; ++hour) {
            work();
            clock.advance(1h);
        }
    }
    AccountId alice_ = create("alice@example.org")->id;
};
INSTANTIATE_TEST_SUITE_P(Engines, Deliveries, testing::ValuesIn(test::engines()),
                         test::engine_name);

TEST_P(Deliveries, ArriveSigned)
{
    Receiver receiver(kFine);
    const auto id = listening(receiver, alice_);
    record(alice_);
    work();
    ASSERT_EQ(receiver.requests().size(), 1U);
    const std::string request = receiver.requests()[0];
    const auto delivery = deliveries(id).front();
    EXPECT_EQ(delivery.state, DeliveryState::Delivered);
    EXPECT_EQ(delivery.last_status, 204);
    EXPECT_EQ(delivery.attempts, 1U);
    EXPECT_NE(request.find("\r\nwebhook-id: " + delivery.message.text() + "\r\n"),
              std::string::npos)
        << request;
    EXPECT_NE(request.find("\r\nwebhook-signature: v1,"), std::string::npos);
    EXPECT_TRUE(request.ends_with("\r\n\r\n" + delivery.body));
    work();
    EXPECT_EQ(receiver.requests().size(), 1U) << "and once";
}

TEST_P(Deliveries, AreTriedAgainUnderTheSameIdUntilTheyArrive)
{
    std::atomic<int> asked = 0;
    Receiver receiver([&](const std::string&, const Receiver::Send& send) {
        send(++asked < 3 ? kBroken : kFine);
    });
    const auto id = listening(receiver, alice_);
    record(alice_);
    work_for_days();
    EXPECT_EQ(asked, 3);
    EXPECT_EQ(deliveries(id).front().state, DeliveryState::Delivered);
    EXPECT_EQ(deliveries(id).front().attempts, 3U);
    std::set<std::string> ids;
    for (const auto& request : receiver.requests()) {
        const auto at = request.find("webhook-id: ");
        ids.insert(request.substr(at, request.find('\r', at) - at));
    }
    EXPECT_EQ(ids.size(), 1U);
}

TEST_P(Deliveries, EndAndStopAnEndpointThatTakesNone)
{
    Receiver receiver(kBroken);
    const auto id = listening(receiver, alice_);
    record(alice_);
    work_for_days();
    EXPECT_EQ(receiver.requests().size(), kAttemptsMax);
    EXPECT_EQ(deliveries(id).front().state, DeliveryState::GivenUp);
    EXPECT_EQ(state_of(id), EndpointState::Failing);
    EXPECT_EQ(audit.count("webhook.stop"), 1);
    const auto told = mails.take();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].purpose, notify::Purpose::WebhookStopped);
    record(alice_);
    work();
    EXPECT_EQ(receiver.requests().size(), kAttemptsMax) << "a stopped endpoint hears no more";
}

TEST_P(Deliveries, StopNoEndpointForOneThatItWillNotTake)
{
    std::atomic<bool> fine = false;
    Receiver receiver(
        [&](const std::string&, const Receiver::Send& send) { send(fine ? kFine : kBroken); });
    const auto id = listening(receiver, alice_);
    record(alice_);
    for (int hour = 0; hour < 90; ++hour) {
        work();
        clock.advance(1h);
        if (hour == 40) { // Another one gets through.
            record(alice_);
            fine = true;
            while (deliveries(id).front().state != DeliveryState::Delivered) {
                clock.advance(1min);
                const auto later = database->upkeep([&](UpkeepTx& tx) {
                    return tx.exec("UPDATE webhook_delivery SET due_at = $1 WHERE attempts > 0",
                                   clock.now() + 2h);
                });
                ASSERT_TRUE(later);
                work();
            }
            fine = false;
        }
    }
    EXPECT_EQ(deliveries(id).back().state, DeliveryState::GivenUp);
    EXPECT_EQ(state_of(id), EndpointState::Enabled);
}

TEST_P(Deliveries, StopAtOnceWhenAReceiverIsGone)
{
    Receiver receiver("HTTP/1.1 410 Gone\r\n\r\n");
    const auto id = listening(receiver, alice_);
    record(alice_);
    record(alice_);
    work();
    EXPECT_EQ(receiver.requests().size(), 1U);
    EXPECT_EQ(state_of(id), EndpointState::Gone);
    EXPECT_EQ(deliveries(id).front().state, DeliveryState::Dropped);
}

TEST_P(Deliveries, FollowNoRedirect)
{
    Receiver other(kFine);
    Receiver receiver("HTTP/1.1 307 There\r\nLocation: " + other.url() + "\r\n\r\n");
    const auto id = listening(receiver, alice_);
    record(alice_);
    work();
    EXPECT_TRUE(other.requests().empty());
    EXPECT_NE(deliveries(id).front().last_error.find("redirects are not followed"),
              std::string::npos);
}

TEST_P(Deliveries, SayNothingOfWhatANameLeadsTo)
{
    const auto made = make(alice_, "https://localhost:1/hook", {"session.*"});
    ASSERT_TRUE(made) << "a name is judged when it is called";
    record(alice_);
    webhook_settings.threads = 2;
    work();
    const auto delivery = deliveries(made->endpoint.id).front();
    EXPECT_EQ(delivery.state, DeliveryState::Waiting);
    EXPECT_EQ(delivery.last_error.find("127.0.0.1"), std::string::npos);
}

TEST_P(Deliveries, OfATestAreTriedOnceWhateverTheEndpointsState)
{
    Receiver receiver(kBroken);
    const auto id = listening(receiver, alice_);
    const Actor actor = owner_of(alice_);
    ASSERT_TRUE(database->write([&](WriteTx& tx) {
        return webhooks.change(tx, actor, alice_, id, {.state = EndpointState::Disabled});
    }));
    ASSERT_TRUE(database->write([&](WriteTx& tx) { return webhooks.test(tx, actor, alice_, id); }));
    work_for_days();
    EXPECT_EQ(receiver.requests().size(), 1U);
    EXPECT_EQ(deliveries(id).front().state, DeliveryState::GivenUp);
    EXPECT_EQ(state_of(id), EndpointState::Disabled);
}

TEST_P(Deliveries, AreRepeatedUnderTheSameId)
{
    Receiver receiver(kFine);
    const auto id = listening(receiver, alice_);
    record(alice_);
    work();
    const auto first = deliveries(id).front();
    const Actor actor = owner_of(alice_);
    const auto again = database->write(
        [&](WriteTx& tx) { return webhooks.repeat(tx, actor, alice_, id, first.id); });
    ASSERT_TRUE(again);
    work();
    EXPECT_EQ(receiver.requests().size(), 2U);
    EXPECT_EQ(again->message, first.message);
    EXPECT_NE(again->id, first.id);
}

TEST_P(Deliveries, SurviveAProcessThatDiesWhileSending)
{
    Receiver receiver(kFine);
    const auto id = listening(receiver, alice_);
    record(alice_);
    DeliveryStore rows;
    const auto claimed = database->upkeep([&](UpkeepTx& tx) { // … and there it died.
        return rows.claim(tx, id, clock.now(), clock.now() + DeliveryService::kClaim, 8);
    });
    ASSERT_EQ(claimed->size(), 1U);
    LaneBook fresh;
    DeliveryService restarted{{*database, webhooks, notices, relay, *client, clock, random,
                               webhook_settings, fresh, [](EndpointId, std::string_view) {}}};
    EXPECT_FALSE(*restarted.look(clock.now())) << "it may still be on its way";
    clock.advance(DeliveryService::kClaim);
    EXPECT_TRUE(*restarted.look(clock.now()));
    EXPECT_TRUE(*restarted.work(WorkerKind::AnyLane));
    EXPECT_EQ(receiver.requests().size(), 1U);
    EXPECT_EQ(deliveries(id).front().attempts, 2U);
}

TEST_P(Deliveries, AreClaimedByOneOfManyWorkersThatRace)
{
    Receiver receiver(kFine);
    const auto id = listening(receiver, std::nullopt);
    for (int i = 0; i < 40; ++i) {
        record(alice_);
    }
    DeliveryStore rows;
    std::atomic<std::size_t> claimed = 0;
    test::race(8, [&](int) {
        for (int i = 0; i < 10; ++i) {
            const auto mine = database->upkeep([&](UpkeepTx& tx) {
                return rows.claim(tx, id, clock.now(), clock.now() + 1min, 4);
            });
            claimed += mine ? mine->size() : 0;
        }
    });
    EXPECT_EQ(claimed, 40U);
}

TEST_P(Deliveries, ToADeadReceiverKeepNobodyElsesWaiting)
{
    Receiver fine(kFine);
    const auto dead = make(alice_, "http://127.0.0.1:1/", {"session.*"})->endpoint.id;
    const auto good = listening(fine, alice_);
    for (int i = 0; i < 20; ++i) {
        record(alice_);
    }
    work();
    EXPECT_EQ(fine.requests().size(), 20U);
    std::uint32_t attempts = 0;
    for (const auto& delivery : deliveries(dead)) {
        attempts += delivery.attempts;
    }
    EXPECT_EQ(attempts, 1U) << "one call showed that it is dead";
    EXPECT_EQ(deliveries(good).front().state, DeliveryState::Delivered);
}

TEST_P(Deliveries, BeyondTheBoundOfAQueueAreDropped)
{
    webhook_settings.queue_max = 5;
    const auto id = make(alice_, "http://127.0.0.1:1/", {"session.*"})->endpoint.id;
    for (int i = 0; i < 9; ++i) {
        record(alice_);
        clock.advance(1ms);
    }
    ASSERT_TRUE(service.sweep(clock.now()));
    const auto all = deliveries(id);
    const auto waiting = std::ranges::count(all, DeliveryState::Waiting, &Delivery::state);
    EXPECT_EQ(waiting, 5);
    EXPECT_EQ(all.front().state, DeliveryState::Dropped) << "the newest";
    const Actor actor = owner_of(alice_);
    const auto repeated = database->write(
        [&](WriteTx& tx) { return webhooks.repeat(tx, actor, alice_, id, all.front().id); });
    EXPECT_EQ(repeated.error().code, "webhook/queue-full");
}

TEST_P(Deliveries, AreForgottenAfterAWhile)
{
    Receiver receiver(kFine);
    const auto id = listening(receiver, alice_);
    record(alice_);
    work();
    clock.advance(webhook_settings.retention - 1h);
    record(alice_);
    ASSERT_TRUE(service.sweep(clock.now()));
    EXPECT_EQ(deliveries(id).size(), 2U);
    clock.advance(2h);
    ASSERT_TRUE(service.sweep(clock.now()));
    EXPECT_EQ(deliveries(id).size(), 1U) << "what waits is not forgotten";
}

// guards: on PostgreSQL one transaction deletes the endpoint while another queues for it
TEST_P(Deliveries, OfADeletedEndpointAreForgotten)
{
    const auto id = make(alice_, "http://127.0.0.1:1/", {"session.*"})->endpoint.id;
    const auto other = make(alice_, "http://127.0.0.1:1/", {"session.*"})->endpoint.id;
    record(alice_);
    ASSERT_TRUE(database->write([&](WriteTx& tx) -> Result<void> {
        KS_TRY([[maybe_unused]] const int rows,
               tx.exec("DELETE FROM webhook_endpoint WHERE id = $1", id));
        tx.audit_recorded();
        return {};
    }));
    ASSERT_EQ(deliveries(id).size(), 1U);
    ASSERT_TRUE(service.sweep(clock.now()));
    EXPECT_TRUE(deliveries(id).empty());
    EXPECT_EQ(deliveries(other).size(), 1U);
}

} // namespace
} // namespace keystead::webhook
