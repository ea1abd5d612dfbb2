#include "app/webhook_commands.h"

#include "features/webhook/delivery_routes.h"
#include "features/webhook/webhook_routes.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace keystead::app {
namespace {

const Actor kOperator{.kind = ActorKind::Operator};
constexpr webhook::Owner kInstance = std::nullopt;
constexpr std::uint32_t kDeliveriesShown = 50;

Result<webhook::EndpointId> named_endpoint(const JsonValue& arguments)
{
    const auto id = webhook::EndpointId::parse(text_argument(arguments, "webhook"));
    if (!id) {
        return Error{ErrorKind::NotFound, "webhook/not-found",
                     "There is no such webhook endpoint."};
    }
    return *id;
}

Result<std::string> with_secret(const webhook::WithSecret& made)
{
    JsonWriter json;
    json.begin_object().key("endpoint");
    webhook::write_endpoint(json, {.endpoint = made.endpoint});
    json.member("secret", made.secret.reveal_text()).end_object();
    return std::move(json).take();
}

Result<std::string> create(Features& f, const JsonValue& arguments)
{
    webhook::Wanted wanted{.url = std::string(text_argument(arguments, "url")),
                           .description = std::string(text_argument(arguments, "description"))};
    if (const auto events = list_argument(arguments, "events"); !events.empty()) {
        wanted.events = std::vector<std::string>(events.begin(), events.end());
    }
    KS_TRY(const auto made, f.foundation.database->write([&](WriteTx& tx) {
        return f.webhooks.create(tx, kOperator, kInstance, wanted);
    }));
    return with_secret(made);
}

Result<std::string> list(Features& f)
{
    KS_TRY(const auto views,
           f.foundation.database->read([&](ReadTx& tx) { return f.webhooks.list(tx, kInstance); }));
    JsonWriter json;
    json.begin_object().key("items").begin_array();
    for (const auto& view : views) {
        webhook::write_endpoint(json, view);
    }
    json.end_array().end_object();
    return std::move(json).take();
}

Result<std::string> set_state(Features& f, const JsonValue& arguments, webhook::EndpointState state)
{
    KS_TRY(const auto id, named_endpoint(arguments));
    KS_TRY(const auto view, f.foundation.database->write([&](WriteTx& tx) {
        return f.webhooks.change(tx, kOperator, kInstance, id, {.state = state});
    }));
    JsonWriter json;
    webhook::write_endpoint(json, view);
    return std::move(json).take();
}

Result<std::string> remove(Features& f, const JsonValue& arguments)
{
    KS_TRY(const auto id, named_endpoint(arguments));
    KS_CHECK(f.foundation.database->write(
        [&](WriteTx& tx) { return f.webhooks.remove(tx, kOperator, kInstance, id); }));
    JsonWriter json;
    json.begin_object().member("deleted", id.text()).end_object();
    return std::move(json).take();
}

Result<std::string> rotate(Features& f, const JsonValue& arguments)
{
    KS_TRY(const auto id, named_endpoint(arguments));
    KS_TRY(const auto made, f.foundation.database->write([&](WriteTx& tx) {
        return f.webhooks.rotate_secret(tx, kOperator, kInstance, id);
    }));
    return with_secret(made);
}

Result<std::string> test(Features& f, const JsonValue& arguments)
{
    KS_TRY(const auto id, named_endpoint(arguments));
    KS_TRY(const auto preview, f.foundation.database->write([&](WriteTx& tx) {
        return f.webhooks.test(tx, kOperator, kInstance, id);
    }));
    JsonWriter json;
    webhook::write_preview(json, preview);
    return std::move(json).take();
}

Result<std::string> deliveries(Features& f, const JsonValue& arguments)
{
    KS_TRY(const auto id, named_endpoint(arguments));
    KS_TRY(const auto list, f.foundation.database->read([&](ReadTx& tx) {
        return f.webhooks.list_deliveries(tx, kInstance, id, std::nullopt, kDeliveriesShown);
    }));
    JsonWriter json;
    json.begin_object().key("items").begin_array();
    for (const auto& delivery : list) {
        webhook::write_delivery(json, delivery);
    }
    json.end_array().end_object();
    return std::move(json).take();
}

Result<std::string> repeat(Features& f, const JsonValue& arguments)
{
    KS_TRY(const auto id, named_endpoint(arguments));
    const auto delivery = webhook::DeliveryId::parse(text_argument(arguments, "delivery"));
    if (!delivery) {
        return Error{ErrorKind::NotFound, "webhook/delivery-not-found",
                     "There is no such delivery."};
    }
    KS_TRY(const auto again, f.foundation.database->write([&](WriteTx& tx) {
        return f.webhooks.repeat(tx, kOperator, kInstance, id, *delivery);
    }));
    JsonWriter json;
    webhook::write_delivery(json, again);
    return std::move(json).take();
}

} // namespace

void add_webhook_commands(CommandTable& table, Features& f)
{
    using webhook::EndpointState;
    table.add("webhook create", [&f](const JsonValue& arguments) { return create(f, arguments); });
    table.add("webhook list", [&f](const JsonValue&) { return list(f); });
    table.add("webhook enable", [&f](const JsonValue& arguments) {
        return set_state(f, arguments, EndpointState::Enabled);
    });
    table.add("webhook disable", [&f](const JsonValue& arguments) {
        return set_state(f, arguments, EndpointState::Disabled);
    });
    table.add("webhook delete", [&f](const JsonValue& arguments) { return remove(f, arguments); });
    table.add("webhook rotate-secret",
              [&f](const JsonValue& arguments) { return rotate(f, arguments); });
    table.add("webhook test", [&f](const JsonValue& arguments) { return test(f, arguments); });
    table.add("webhook deliveries",
              [&f](const JsonValue& arguments) { return deliveries(f, arguments); });
    table.add("webhook repeat", [&f](const JsonValue& arguments) { return repeat(f, arguments); });
}

} // namespace keystead::app
