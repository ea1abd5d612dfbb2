#include "features/webhook/webhook_service.h"

#include "core/encoding.h"
#include "features/webhook/event_catalogue.h"
#include "features/webhook/event_relay_service.h"

#include <algorithm>
#include <array>
#include <utility>

namespace keystead::webhook {
namespace {

constexpr std::size_t kFiltersMax = 64;

Error not_found()
{
    return Error{ErrorKind::NotFound, "webhook/not-found", "There is no such webhook endpoint."};
}

/// Errors: webhook/unknown-event.
Result<std::string> joined(const std::vector<std::string>& filters)
{
    const bool known =
        filters.size() <= kFiltersMax && std::ranges::all_of(filters, is_known_filter);
    if (!known || filters.empty()) {
        return Error{ErrorKind::InvalidInput, "webhook/unknown-event",
                     "Name event types of the catalogue, groups like \"session.*\", or \"*\"."};
    }
    std::string text;
    for (const auto& filter : filters) {
        text.append(text.empty() ? "" : ",").append(filter);
    }
    return text;
}

Result<void> check_description(std::string_view description)
{
    if (description.size() > kDescriptionBytesMax || !is_valid_utf8(description)) {
        return Error{ErrorKind::InvalidInput, "webhook/description-invalid",
                     "A description has at most 200 bytes."};
    }
    return {};
}

std::string seal_place(EndpointId id)
{
    return "webhook/" + id.text();
}

} // namespace

std::string host_of(const std::string& url)
{
    const auto begin = url.find("://"); // It was parsed before it was stored: no credentials in it.
    const auto rest = url.substr(begin == std::string::npos ? 0 : begin + 3);
    return rest.substr(0, rest.find_first_of("/?"));
}

Bytes WebhookService::sealed(EndpointId id, const Secret& secret) const
{
    return p_.keys.seal(crypto::KeyPurpose::WebhookSeal, seal_place(id), secret.reveal());
}

Result<void> WebhookService::record(WriteTx& tx, const Actor& actor, const Endpoint& endpoint,
                                    std::string_view action)
{
    return p_.audit.append(tx, {.actor = actor,
                                .action = action,
                                .account = endpoint.account,
                                .target = {.kind = "webhook", .id = endpoint.id.text()},
                                .details = {{.name = "receiver",
                                             .value = host_of(endpoint.url),
                                             .kind = audit::Detail::Kind::Personal}}});
}

Result<void> WebhookService::tell(WriteTx& tx, const Actor& actor, const Endpoint& endpoint,
                                  std::string_view what)
{
    if (!endpoint.account) {
        return {};
    }
    return p_.notices.tell_owner(
        tx, actor, *endpoint.account, notify::Purpose::WebhookChanged,
        {{"change", std::string(what)}, {"receiver", host_of(endpoint.url)}});
}

Result<void> WebhookService::check_room(WriteTx& tx, Owner owner)
{
    const std::uint32_t at_most = owner ? p_.settings.endpoints_per_account : kInstanceEndpointsMax;
#ifndef KEYSTEAD_WITHOUT_WEBHOOK_LIMIT
    if (owner) { // On PostgreSQL a count settles nothing by itself.
        KS_CHECK(tx.lock(*owner));
    }
#endif
    if (owner && p_.check_may_send) {
        KS_CHECK(p_.check_may_send(tx, *owner));
    }
    KS_TRY(const auto count, endpoints_.count(tx, owner));
    if (count >= at_most) {
        return Error{ErrorKind::LimitReached, "webhook/limit",
                     at_most == 0 ? "Webhooks are not offered here."
                                  : "There are at most " + std::to_string(at_most) +
                                        " endpoints. Delete one first."};
    }
    return {};
}

Result<WithSecret> WebhookService::create(WriteTx& tx, const Actor& actor, Owner owner,
                                          const Wanted& wanted)
{
    KS_TRY(const auto target, p_.client.check(wanted.url, named_by(owner)));
    KS_TRY(auto events, joined(wanted.events));
    KS_CHECK(check_description(wanted.description));
    KS_CHECK(check_room(tx, owner));
    const Instant now = p_.clock.now();
    Secret secret(kSecretBytes);
    p_.random.fill(secret.writable());
    Endpoint endpoint{.id = EndpointId::make(now, p_.random),
                      .account = owner,
                      .url = target.url,
                      .description = wanted.description,
                      .events = std::move(events),
                      .state = wanted.state,
                      .created_at = now};
    endpoint.secret = sealed(endpoint.id, secret);
    KS_CHECK(endpoints_.insert(tx, endpoint));
    KS_CHECK(record(tx, actor, endpoint, "webhook.create"));
    KS_CHECK(tell(tx, actor, endpoint, "A webhook endpoint was added"));
    return WithSecret{std::move(endpoint), secret_text(secret)};
}

Result<View> WebhookService::view_of(ReadTx& tx, Endpoint endpoint)
{
    KS_TRY(const auto waiting, deliveries_.count_waiting(tx, endpoint.id));
    KS_TRY(const auto last, deliveries_.find_last_delivered(tx, endpoint.id));
    return View{std::move(endpoint), waiting, last};
}

Result<std::vector<View>> WebhookService::list(ReadTx& tx, Owner owner)
{
    constexpr std::uint32_t kMost = 100;
    KS_TRY(auto endpoints, endpoints_.list(tx, owner, kMost));
    std::vector<View> views;
    for (Endpoint& endpoint : endpoints) {
        KS_TRY(View view, view_of(tx, std::move(endpoint)));
        views.push_back(std::move(view));
    }
    return views;
}

Result<Endpoint> WebhookService::owned(ReadTx& tx, Owner owner, EndpointId id)
{
    KS_TRY(auto endpoint, endpoints_.find(tx, id));
#ifndef KEYSTEAD_WITHOUT_WEBHOOK_OWNER
    if (!endpoint || endpoint->account != owner) {
        return not_found();
    }
#else
    static_cast<void>(owner);
    if (!endpoint) {
        return not_found();
    }
#endif
    return *std::move(endpoint);
}

Result<View> WebhookService::load(ReadTx& tx, Owner owner, EndpointId id)
{
    KS_TRY(auto endpoint, owned(tx, owner, id));
    return view_of(tx, std::move(endpoint));
}

Result<View> WebhookService::change(WriteTx& tx, const Actor& actor, Owner owner, EndpointId id,
                                    const Change& change)
{
    if (owner) {
        KS_CHECK(tx.lock(*owner));
        if (p_.check_may_send) {
            KS_CHECK(p_.check_may_send(tx, *owner));
        }
    }
    KS_TRY(Endpoint endpoint, owned(tx, owner, id));
    const std::string url_before = endpoint.url;
    const bool was_enabled = endpoint.state == EndpointState::Enabled;
    if (change.url) {
        KS_TRY(const auto target, p_.client.check(*change.url, named_by(owner)));
        endpoint.url = target.url;
    }
    if (change.description) {
        KS_CHECK(check_description(*change.description));
        endpoint.description = *change.description;
    }
    if (change.events) {
        KS_TRY(endpoint.events, joined(*change.events));
    }
    endpoint.state = change.state.value_or(endpoint.state);
    KS_CHECK(endpoints_.update(tx, id,
                               {.url = endpoint.url,
                                .description = endpoint.description,
                                .events = endpoint.events,
                                .state = endpoint.state}));
    if (was_enabled && endpoint.state != EndpointState::Enabled) {
        KS_CHECK(deliveries_.drop_waiting(tx, id, p_.clock.now(), "The endpoint was disabled."));
    }
    KS_CHECK(record(tx, actor, endpoint, "webhook.change"));
    if (endpoint.url != url_before) {
        KS_CHECK(tell(tx, actor, endpoint, "A webhook endpoint got another address"));
    }
    const bool begins_anew =
        endpoint.url != url_before || (!was_enabled && endpoint.state == EndpointState::Enabled);
    if (begins_anew) { // What it was is no guide any more.
        tx.after_commit([this, id] { p_.lanes.forget(id); });
    }
    return view_of(tx, std::move(endpoint));
}

Result<void> WebhookService::remove(WriteTx& tx, const Actor& actor, Owner owner, EndpointId id)
{
    KS_TRY(const Endpoint endpoint, owned(tx, owner, id));
    KS_TRY(const bool removed, endpoints_.remove(tx, id));
    if (!removed) {
        return not_found();
    }
    KS_CHECK(deliveries_.delete_of_endpoint(tx, id));
    tx.after_commit([this, id] { p_.lanes.forget(id); });
    return record(tx, actor, endpoint, "webhook.delete");
}

Result<WithSecret> WebhookService::rotate_secret(WriteTx& tx, const Actor& actor, Owner owner,
                                                 EndpointId id)
{
    if (owner) {
        KS_CHECK(tx.lock(*owner)); // Of two rotations at once the later one keeps the earlier's.
    }
    KS_TRY(Endpoint endpoint, owned(tx, owner, id));
    Secret secret(kSecretBytes);
    p_.random.fill(secret.writable());
    endpoint.previous_secret = std::exchange(endpoint.secret, sealed(id, secret));
    endpoint.previous_until = p_.clock.now() + p_.settings.secret_overlap;
    KS_CHECK(endpoints_.set_secrets(tx, id, endpoint.secret, ByteView(*endpoint.previous_secret),
                                    endpoint.previous_until));
    KS_CHECK(record(tx, actor, endpoint, "webhook.rotate"));
    KS_CHECK(tell(tx, actor, endpoint, "A webhook endpoint got a new secret"));
    return WithSecret{std::move(endpoint), secret_text(secret)};
}

Result<void> WebhookService::end_previous_secret(WriteTx& tx, const Actor& actor, Owner owner,
                                                 EndpointId id)
{
    KS_TRY(const Endpoint endpoint, owned(tx, owner, id));
    KS_TRY(const bool ended, endpoints_.clear_previous(tx, id));
    if (!ended) {
        return Error{ErrorKind::Conflict, "webhook/no-previous-secret",
                     "There is no old secret that still counts."};
    }
    return record(tx, actor, endpoint, "webhook.end-secret");
}

Result<std::vector<std::pair<std::string, std::string>>> WebhookService::headers(
    const Endpoint& endpoint, const Delivery& delivery, Instant now) const
{
    const std::string id = delivery.message.text();
    const std::string timestamp = timestamp_text(now);
    const auto signed_by = [&](const Bytes& sealed) -> Result<std::string> {
        KS_TRY(const Secret secret,
               p_.keys.open(crypto::KeyPurpose::WebhookSeal, seal_place(endpoint.id), sealed));
        return signature(secret, id, timestamp, delivery.body);
    };
    KS_TRY(std::string signatures, signed_by(endpoint.secret));
    if (endpoint.previous_secret && endpoint.previous_until && *endpoint.previous_until > now) {
        KS_TRY(const std::string second, signed_by(*endpoint.previous_secret));
        signatures += " " + second;
    }
    return std::vector<std::pair<std::string, std::string>>{{"content-type", "application/json"},
                                                            {"webhook-id", id},
                                                            {"webhook-timestamp", timestamp},
                                                            {"webhook-signature", signatures}};
}

Result<void> WebhookService::queue(WriteTx& tx, const Endpoint& endpoint, const Delivery& delivery)
{
    KS_CHECK(deliveries_.insert(tx, delivery));
    tx.after_commit([this, id = endpoint.id, parallel = endpoint.account ? 1 : kInstanceParallel] {
        p_.lanes.offer_now(id, parallel);
        p_.wake();
    });
    return {};
}

Result<WebhookService::Preview> WebhookService::test(WriteTx& tx, const Actor& actor, Owner owner,
                                                     EndpointId id)
{
    KS_TRY(const Endpoint endpoint, owned(tx, owner, id));
    const Instant now = p_.clock.now();
    const std::string id_text = id.text();
    Delivery delivery{.id = DeliveryId::make(now, p_.random),
                      .endpoint = id,
                      .message = MessageId::make(now, p_.random),
                      .account = owner,
                      .type = "webhook.test",
                      .body = message_body({.type = "webhook.test",
                                            .at = now,
                                            .actor = actor,
                                            .account = owner,
                                            .target_kind = "webhook",
                                            .target_id = id_text}),
                      .cause = Cause::Test,
                      .created_at = now,
                      .due_at = now};
    KS_CHECK(queue(tx, endpoint, delivery));
    KS_CHECK(record(tx, actor, endpoint, "webhook.test"));
    KS_TRY(auto sent, headers(endpoint, delivery, now));
    return Preview{std::move(delivery), endpoint.url, std::move(sent)};
}

Result<std::vector<Delivery>> WebhookService::list_deliveries(ReadTx& tx, Owner owner,
                                                              EndpointId id,
                                                              std::optional<DeliveryId> before,
                                                              std::uint32_t limit)
{
    KS_TRY([[maybe_unused]] const Endpoint endpoint, owned(tx, owner, id));
    return deliveries_.list(tx, id, before, limit);
}

Result<Delivery> WebhookService::repeat(WriteTx& tx, const Actor& actor, Owner owner, EndpointId id,
                                        DeliveryId delivery)
{
    KS_TRY(const Endpoint endpoint, owned(tx, owner, id));
    KS_TRY(auto found, deliveries_.find(tx, delivery));
    if (!found || found->endpoint != id) {
        return Error{ErrorKind::NotFound, "webhook/delivery-not-found",
                     "There is no such delivery; they are kept for a while only."};
    }
    if (endpoint.state != EndpointState::Enabled) {
        return Error{ErrorKind::Conflict, "webhook/not-enabled", "Enable the endpoint first."};
    }
    KS_TRY(const auto waiting, deliveries_.count_waiting(tx, id));
    if (waiting >= p_.settings.queue_max) {
        return Error{ErrorKind::Conflict, "webhook/queue-full",
                     "Too many deliveries wait for this endpoint already."};
    }
    const Instant now = p_.clock.now();
    Delivery again{.id = DeliveryId::make(now, p_.random),
                   .endpoint = id,
                   .message = found->message,
                   .account = found->account,
                   .type = std::move(found->type),
                   .body = std::move(found->body),
                   .cause = Cause::Repeat,
                   .created_at = now,
                   .due_at = now};
    KS_CHECK(queue(tx, endpoint, again));
    KS_CHECK(record(tx, actor, endpoint, "webhook.repeat"));
    return again;
}

Result<void> WebhookService::erase(WriteTx& tx, AccountId account)
{
    KS_TRY(const auto removed, endpoints_.remove_of(tx, account));
    for (const EndpointId id : removed) {
        KS_CHECK(deliveries_.delete_of_endpoint(tx, id));
        tx.after_commit([this, id] { p_.lanes.forget(id); });
    }
    return deliveries_.delete_settled_about(tx, account);
}

Result<int> WebhookService::suspend_all(WriteTx& tx, const Actor& actor)
{
    KS_TRY(const int count, endpoints_.suspend_all(tx));
    KS_CHECK(endpoints_.clear_all_previous(tx));
    KS_TRY(const int dropped, deliveries_.drop_all_waiting(
                                  tx, p_.clock.now(), "The server was restored from a back-up."));
    KS_CHECK(p_.audit.append(tx, {.actor = actor,
                                  .action = "webhook.suspend",
                                  .target = {"webhooks", ""},
                                  .details = {{"count", std::to_string(count)},
                                              {"deliveries_dropped", std::to_string(dropped)}}}));
    return count;
}

Result<void> WebhookService::suspend_of(WriteTx& tx, const Actor& actor, AccountId account)
{
    KS_CHECK(tx.lock(account));
    KS_TRY(const auto suspended, endpoints_.suspend_of(tx, account));
    if (suspended.empty()) {
        return {};
    }
    for (const EndpointId id : suspended) {
        KS_CHECK(deliveries_.drop_waiting(tx, id, p_.clock.now(), "The endpoint was suspended."));
    }
    KS_CHECK(p_.audit.append(tx, {.actor = actor,
                                  .action = "webhook.suspend",
                                  .account = account,
                                  .target = {"webhooks", ""},
                                  .details = {{"count", std::to_string(suspended.size())}}}));
    return p_.notices.tell_owner(
        tx, actor, account, notify::Purpose::WebhookChanged,
        {{"change", "All webhook endpoints were suspended: enable again those that you know"}});
}

Result<std::vector<AccountId>> WebhookService::list_suspended_accounts(ReadTx& tx, AccountId after,
                                                                       int limit)
{
    return endpoints_.list_suspended_accounts(tx, after, limit);
}

Result<void> WebhookService::end_expired_secrets(WriteTx& tx, const Actor& actor, Instant now)
{
    KS_TRY(const auto expired, endpoints_.clear_expired(tx, now));
    for (const auto& [id, account] : expired) {
        KS_CHECK(p_.audit.append(tx, {.actor = actor,
                                      .action = "webhook.end-secret",
                                      .account = account,
                                      .target = {.kind = "webhook", .id = id.text()}}));
    }
    return {};
}

Result<int> WebhookService::set_back(WriteTx& tx, const Actor& actor, const SetBack& clock)
{
    KS_CHECK(end_expired_secrets(tx, actor, clock.seen));
    KS_CHECK(endpoints_.bound_previous(tx, clock.wall + p_.settings.secret_overlap));
    tx.after_commit([this] { p_.lanes.end_pauses(); });
    return deliveries_.bound_times(tx, clock.wall);
}

} // namespace keystead::webhook
