// guards: an account sees and changes its own endpoints alone, and no more of them than it may
// have; events are queued with the change they are of, or not at all
#include "features/webhook/webhook_service.h"

#include "core/encoding.h"
#include "test/support/webhook_world.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>

namespace keystead::webhook {
namespace {

using namespace std::chrono_literals;
constexpr const char* kUrl = "https://hooks.example.com/in";

class Webhooks : public testing::TestWithParam<Database::Engine>, protected test::WebhookWorld {
protected:
    Webhooks() : WebhookWorld(GetParam()) {}
    std::string code(const Result<WithSecret>& result)
    {
        return result ? "ok" : std::string(result.error().code);
    }
    AccountId alice_ = create("alice@example.org")->id;
    AccountId bob_ = create("bob@example.org")->id;
};
INSTANTIATE_TEST_SUITE_P(Engines, Webhooks, testing::ValuesIn(test::engines()), test::engine_name);

TEST_P(Webhooks, ShowTheSecretOnceAndStoreItSealed)
{
    const auto made = make(alice_, kUrl);
    ASSERT_TRUE(made);
    const std::string secret(made->secret.reveal_text());
    EXPECT_TRUE(secret.starts_with("whsec_"));
    EXPECT_EQ(base64_decode(secret.substr(6))->size(), kSecretBytes);
    const auto& sealed = made->endpoint.secret;
    EXPECT_EQ(as_text(sealed).find(as_text(*base64_decode(secret.substr(6)))), std::string::npos);
    EXPECT_EQ(audit.count("webhook.create"), 1);
    const auto mails_sent = mails.take();
    ASSERT_EQ(mails_sent.size(), 1U);
    EXPECT_EQ(mails_sent[0].purpose, notify::Purpose::WebhookChanged);
}

TEST_P(Webhooks, RefuseAddressesThatMayNotBeCalled)
{
    EXPECT_EQ(code(make(alice_, "http://hooks.example.com/")), "outgoing/not-https");
    EXPECT_EQ(code(make(alice_, "https://10.0.0.1/")), "outgoing/inside-address");
    EXPECT_EQ(code(make(alice_, "https://[::ffff:169.254.169.254]/")), "outgoing/inside-address");
    EXPECT_EQ(code(make(alice_, "https://u:p@hooks.example.com/")), "outgoing/credentials-in-url");
    EXPECT_EQ(code(make(alice_, "nonsense")), "outgoing/invalid-url");
    EXPECT_EQ(code(make(alice_, kUrl, {"session.nothing"})), "webhook/unknown-event");
    EXPECT_EQ(code(make(alice_, kUrl, {})), "webhook/unknown-event");
    EXPECT_EQ(count_rows("SELECT count(*) FROM webhook_endpoint"), 0);
}

TEST_P(Webhooks, RaceForTheLastPlacesInVain)
{
    std::atomic<int> made = 0;
    std::atomic<int> refused = 0;
    test::race(16, [&](int) {
        const auto outcome = make(alice_, kUrl);
        (outcome ? made : refused) += 1;
        if (!outcome) {
            EXPECT_EQ(outcome.error().code, "webhook/limit");
        }
    });
    EXPECT_EQ(made, 3);
    EXPECT_EQ(refused, 13);
    EXPECT_TRUE(make(bob_, kUrl)) << "others have places of their own";
}

TEST_P(Webhooks, GiveTheLastPlaceToOneOfTwoThatOverlap)
{
    ASSERT_TRUE(make(alice_, kUrl) && make(alice_, kUrl));
    std::atomic<bool> begun = false;
    std::future<Result<WithSecret>> second;
    const auto first = database->write([&](WriteTx& tx) {
        auto made = webhooks.create(tx, actor_of(alice_), alice_, {.url = kUrl, .events = {"*"}});
        second = std::async(std::launch::async, [this, &begun] {
            begun = true;
            begun.notify_all();
            return make(alice_, kUrl);
        });
        begun.wait(false);
        second.wait_for(1s); // Unless it waits for this one, it is done by then.
        return made;
    });
    EXPECT_TRUE(first);
    EXPECT_EQ(code(second.get()), "webhook/limit");
}

TEST_P(Webhooks, AreNobodyElsesBusiness)
{
    const auto id = make(alice_, kUrl)->endpoint.id;
    const auto of_instance = make(std::nullopt, kUrl)->endpoint.id;
    record(alice_);
    const auto delivery = deliveries(id).front().id;
    const std::pair<Owner, EndpointId> foreign[] = {
        {bob_, id}, {std::nullopt, id}, {alice_, of_instance}};
    for (const auto& pair : foreign) {
        const Owner owner = pair.first;
        const EndpointId endpoint = pair.second;
        const auto refused = [&](const auto& result) {
            return !result && result.error().code == "webhook/not-found";
        };
        const Actor actor = actor_of(owner);
        const auto reading = [&](auto act) { return refused(database->read(act)); };
        const auto writing = [&](auto act) { return refused(database->write(act)); };
        EXPECT_TRUE(reading([&](ReadTx& tx) { return webhooks.load(tx, owner, endpoint); }));
        EXPECT_TRUE(reading([&](ReadTx& tx) {
            return webhooks.list_deliveries(tx, owner, endpoint, std::nullopt, 10);
        }));
        EXPECT_TRUE(writing([&](WriteTx& tx) {
            return webhooks.change(tx, actor, owner, endpoint, {.description = "mine"});
        }));
        EXPECT_TRUE(
            writing([&](WriteTx& tx) { return webhooks.remove(tx, actor, owner, endpoint); }));
        EXPECT_TRUE(writing(
            [&](WriteTx& tx) { return webhooks.rotate_secret(tx, actor, owner, endpoint); }));
        EXPECT_TRUE(writing(
            [&](WriteTx& tx) { return webhooks.end_previous_secret(tx, actor, owner, endpoint); }));
        EXPECT_TRUE(
            writing([&](WriteTx& tx) { return webhooks.test(tx, actor, owner, endpoint); }));
        EXPECT_TRUE(writing(
            [&](WriteTx& tx) { return webhooks.repeat(tx, actor, owner, endpoint, delivery); }));
    }
    EXPECT_EQ(database->read([&](ReadTx& tx) { return webhooks.list(tx, bob_); })->size(), 0U);
}

TEST_P(Webhooks, HearOfTheirAccountAndThoseOfTheInstanceOfAll)
{
    const auto alices = make(alice_, kUrl, {"session.*"})->endpoint.id;
    const auto bobs = make(bob_, kUrl)->endpoint.id;
    const auto all = make(std::nullopt, kUrl, {"session.created"})->endpoint.id;
    record(alice_);
    record(alice_, "account.rename");
    record(std::nullopt);
    EXPECT_EQ(deliveries(alices).size(), 1U);
    EXPECT_EQ(deliveries(all).size(), 2U);
    for (const auto& delivery : deliveries(bobs)) {
        EXPECT_EQ(delivery.account, bob_);
    }
    const auto sent = deliveries(alices).front();
    EXPECT_EQ(sent.message, deliveries(all).back().message) << "one event, one id";
    EXPECT_EQ(sent.body.find("typed by a person"), std::string::npos);
    EXPECT_NE(sent.body.find("\"reason\":\"test\""), std::string::npos);
}

TEST_P(Webhooks, HearNothingOfRefusalsAndOfChangesThatDidNotHappen)
{
    const auto id = make(std::nullopt, kUrl, {"session.*"})->endpoint.id;
    record(alice_, "session.create", audit::Outcome::Refused);
    record(alice_, "password.attempt");
    const Actor system{.kind = ActorKind::System};
    const auto failed = database->write([&](WriteTx& tx) -> Result<void> {
        KS_CHECK(relay.append(tx, {.actor = system, .action = "session.create"}));
        return Error{.code = "test/failed"};
    });
    EXPECT_FALSE(failed);
    EXPECT_TRUE(deliveries(id).empty());
    EXPECT_EQ(woken, 0);
    record(alice_);
    EXPECT_EQ(woken, 1);
}

TEST_P(Webhooks, SignByTwoSecretsUntilTheOldOneEnds)
{
    const auto made = make(alice_, kUrl);
    const auto id = made->endpoint.id;
    const Actor actor = owner_of(alice_);
    const auto signatures = [&] {
        const auto preview =
            database->write([&](WriteTx& tx) { return webhooks.test(tx, actor, alice_, id); });
        return preview->headers[3].second;
    };
    const auto one = signatures();
    EXPECT_EQ(one.find(' '), std::string::npos);
    const auto rotated =
        database->write([&](WriteTx& tx) { return webhooks.rotate_secret(tx, actor, alice_, id); });
    EXPECT_NE(rotated->secret.reveal_text(), made->secret.reveal_text());
    EXPECT_NE(signatures().find(" v1,"), std::string::npos);
    clock.advance(webhook_settings.secret_overlap);
    EXPECT_EQ(signatures().find(' '), std::string::npos);
    ASSERT_TRUE(service.sweep(clock.now()));
    EXPECT_EQ(count_rows("SELECT count(*) FROM webhook_endpoint WHERE previous_secret IS NULL"), 1);
    EXPECT_EQ(audit.count("webhook.end-secret"), 1);

    ASSERT_TRUE(database->write(
        [&](WriteTx& tx) { return webhooks.rotate_secret(tx, actor, alice_, id); }));
    const auto end = [&](WriteTx& tx) {
        return webhooks.end_previous_secret(tx, actor, alice_, id);
    };
    EXPECT_TRUE(database->write(end));
    EXPECT_EQ(signatures().find(' '), std::string::npos);
    EXPECT_EQ(database->write(end).error().code, "webhook/no-previous-secret");
}

TEST_P(Webhooks, DropWhatWaitsWhenTheyAreDisabled)
{
    const auto id = make(alice_, kUrl)->endpoint.id;
    record(alice_);
    const Actor actor = owner_of(alice_);
    ASSERT_TRUE(database->write([&](WriteTx& tx) {
        return webhooks.change(tx, actor, alice_, id, {.state = EndpointState::Disabled});
    }));
    for (const auto& delivery : deliveries(id)) {
        EXPECT_EQ(delivery.state, DeliveryState::Dropped);
    }
    const auto before = deliveries(id).size();
    record(alice_);
    EXPECT_EQ(deliveries(id).size(), before);
    const auto last = deliveries(id).front().id;
    const auto again =
        database->write([&](WriteTx& tx) { return webhooks.repeat(tx, actor, alice_, id, last); });
    EXPECT_EQ(again.error().code, "webhook/not-enabled");
}

TEST_P(Webhooks, LeaveNothingOfAnErasedAccount)
{
    const auto id = make(alice_, kUrl)->endpoint.id;
    record(alice_);
    ASSERT_TRUE(database->write([&](WriteTx& tx) {
        tx.audit_recorded();
        return webhooks.erase(tx, alice_);
    }));
    EXPECT_TRUE(deliveries(id).empty());
    EXPECT_EQ(count_rows("SELECT count(*) FROM webhook_endpoint"), 0);
}

// guards: a webhook that was deleted since the back-up does not come alive with it
TEST_P(Webhooks, WaitForTheirOwnerAfterARestore)
{
    const auto alices = make(alice_, kUrl)->endpoint.id;
    const auto disabled = make(alice_, kUrl)->endpoint.id;
    const auto of_instance = make(std::nullopt, kUrl)->endpoint.id;
    const Actor actor = owner_of(alice_);
    const auto change = [&](EndpointId id, EndpointState state) {
        return database->write(
            [&](WriteTx& tx) { return webhooks.change(tx, actor, alice_, id, {.state = state}); });
    };
    ASSERT_TRUE(change(disabled, EndpointState::Disabled));
    ASSERT_TRUE(database->write(
        [&](WriteTx& tx) { return webhooks.rotate_secret(tx, actor, alice_, alices); }));
    ASSERT_TRUE(
        database->write([&](WriteTx& tx) { return webhooks.test(tx, actor, alice_, disabled); }));
    record(alice_);
    constexpr const char* kWaiting = "SELECT count(*) FROM webhook_delivery WHERE state = 1";
    ASSERT_GE(count_rows(kWaiting), 3);

    const auto suspended =
        database->write([&](WriteTx& tx) { return webhooks.suspend_all(tx, Actor{}); });
    EXPECT_EQ(*suspended, 2);
    EXPECT_EQ(count_rows(kWaiting), 0);
    EXPECT_EQ(state_of(alices), EndpointState::Suspended);
    EXPECT_EQ(state_of(of_instance), EndpointState::Suspended);
    EXPECT_EQ(state_of(disabled), EndpointState::Disabled);
    EXPECT_EQ(count_rows("SELECT count(*) FROM webhook_endpoint WHERE previous_secret IS NOT NULL"),
              0);
    EXPECT_EQ(audit.count("webhook.suspend"), 1);
    const auto concerned = database->read(
        [&](ReadTx& tx) { return webhooks.list_suspended_accounts(tx, AccountId{}, 10); });
    EXPECT_EQ(*concerned, std::vector{alice_});
    record(alice_);
    EXPECT_EQ(count_rows(kWaiting), 0) << "it hears of nothing";
    const auto delivery = deliveries(alices).front().id;
    const auto repeated = database->write(
        [&](WriteTx& tx) { return webhooks.repeat(tx, actor, alice_, alices, delivery); });
    EXPECT_EQ(repeated.error().code, "webhook/not-enabled");

    ASSERT_TRUE(change(alices, EndpointState::Enabled));
    record(alice_);
    EXPECT_EQ(count_rows(kWaiting), 2) << "that it was enabled, and what came after";
}

} // namespace
} // namespace keystead::webhook
