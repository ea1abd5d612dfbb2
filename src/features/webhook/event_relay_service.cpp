#include "features/webhook/event_relay_service.h"

#include "features/webhook/event_catalogue.h"

#include <algorithm>

namespace keystead::webhook {

Result<void> EventRelay::append(WriteTx& tx, const audit::Event& event)
{
    KS_CHECK(log_.append(tx, event));
    const EventType* const type = find_event_type(event.action);
    if (type == nullptr || event.outcome != audit::Outcome::Ok) {
        return {};
    }
    return queue(tx, event, type->name);
}

Result<void> EventRelay::queue(WriteTx& tx, const audit::Event& event, std::string_view type)
{
    const Actor& actor = event.actor;
    const auto account = event.account                      ? event.account
                         : actor.kind == ActorKind::Account ? std::optional(actor.account)
                                                            : std::nullopt;
    KS_TRY(auto listeners, endpoints_.list_listeners(tx, account));
    std::erase_if(listeners, [&](const Listener& one) { return !asks_for(one.events, type); });
    if (listeners.empty()) {
        return {};
    }
    const Instant now = clock_.now();
    EventFacts facts{.type = type,
                     .at = now,
                     .actor = actor,
                     .account = account,
                     .target_kind = event.target.kind,
                     .target_id = event.target.id};
    for (const audit::Detail& detail : event.details) {
        if (detail.kind == audit::Detail::Kind::Plain) {
            facts.details.emplace_back(detail.name, detail.value);
        }
    }
    Delivery delivery{.message = MessageId::make(now, random_),
                      .account = account,
                      .type = std::string(type),
                      .body = message_body(facts),
                      .created_at = now,
                      .due_at = now};
    for (const Listener& listener : listeners) {
        delivery.id = DeliveryId::make(now, random_);
        delivery.endpoint = listener.id;
        KS_CHECK(deliveries_.insert(tx, delivery));
    }
    tx.after_commit([this, listeners = std::move(listeners)] {
        for (const Listener& listener : listeners) {
            lanes_.offer(listener.id, listener.is_of_instance ? kInstanceParallel : 1);
        }
        wake_();
    });
    return {};
}

} // namespace keystead::webhook
