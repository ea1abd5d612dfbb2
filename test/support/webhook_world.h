// test/support/webhook_world.h
//
// The webhook slice over a test database, its audit log going by way of the relay, with a client
// that may call receivers on this machine.
#pragma once

#include "features/webhook/delivery_service.h"
#include "features/webhook/event_relay_service.h"
#include "features/webhook/webhook_service.h"
#include "test/support/account_world.h"

#include <atomic>
#include <string>
#include <utility>
#include <vector>

namespace keystead::test {

struct WebhookWorld : AccountWorld {
    explicit WebhookWorld(Database::Engine engine) : AccountWorld(engine)
    {
        webhook_settings.endpoints_per_account = 3;
    }

    Result<webhook::WithSecret> make(webhook::Owner owner, const std::string& url,
                                     std::vector<std::string> events = {"*"})
    {
        return database->write([&](WriteTx& tx) {
            return webhooks.create(tx, actor_of(owner), owner, {.url = url, .events = events});
        });
    }
    Actor actor_of(webhook::Owner owner)
    {
        return owner ? owner_of(*owner) : Actor{.kind = ActorKind::Operator};
    }
    /// An event as a slice records it.
    void record(std::optional<AccountId> account, std::string_view action = "session.create",
                audit::Outcome outcome = audit::Outcome::Ok)
    {
        const Actor system{.kind = ActorKind::System};
        const auto done = database->write([&](WriteTx& tx) {
            return relay.append(tx, {.actor = system,
                                     .action = action,
                                     .outcome = outcome,
                                     .account = account,
                                     .target = {"session", "ses_1"},
                                     .details = {{.name = "reason", .value = "test"},
                                                 {.name = "name",
                                                  .value = "typed by a person",
                                                  .kind = audit::Detail::Kind::Personal}}});
        });
        KS_ASSERT(done.has_value());
    }
    /// Works until there is nothing to do.
    void work()
    {
        KS_ASSERT(service.look(clock.now()).has_value());
        for (int i = 0; i < 1000; ++i) {
            const auto worked = service.work(webhook::WorkerKind::AnyLane);
            KS_ASSERT(worked.has_value());
            if (!*worked) {
                return;
            }
        }
    }
    std::vector<webhook::Delivery> deliveries(webhook::EndpointId id)
    {
        webhook::DeliveryStore rows;
        return *database->read([&](ReadTx& tx) { return rows.list(tx, id, std::nullopt, 1000); });
    }
    webhook::EndpointState state_of(webhook::EndpointId id)
    {
        webhook::EndpointStore rows;
        return (*database->read([&](ReadTx& tx) { return rows.find(tx, id); }))->state;
    }

    WebhookSettings webhook_settings;
    webhook::LaneBook lanes;
    std::atomic<int> woken = 0;
    std::vector<std::string> reported;
    std::unique_ptr<const outgoing::Client> client =
        outgoing::make_client({.allowed_addresses = {*IpRange::parse("127.0.0.1")},
                               .clear_text_hosts = {"127.0.0.1"},
                               .allowed_for_accounts = true});
    webhook::EventRelay relay{audit, clock, random, lanes, [this] { ++woken; }};
    webhook::WebhookService webhooks{{relay, notices, *client, keys, clock, random,
                                      webhook_settings, lanes, [this] { ++woken; }}};
    webhook::DeliveryService service{
        {*database, webhooks, notices, relay, *client, clock, random, webhook_settings, lanes,
         [this](webhook::EndpointId, std::string_view cause) { reported.emplace_back(cause); }}};
};

} // namespace keystead::test
