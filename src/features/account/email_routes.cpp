#include "features/account/email_routes.h"

#include "core/json.h"
#include "http/schema.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keystead::account {
namespace {

using http::Access;
using http::LaneKind;
using http::LimitGroup;
using http::Method;
using http::Request;
using http::Response;
using http::Schema;
using http::TimingKind;

constexpr std::size_t kBodyBytes = 2048;

Schema email_body()
{
    return http::object({{"email", http::text(1, 1024)}}).named("EmailInput");
}

Schema token_body()
{
    return http::object({{"token", http::secret_text(256)}}).named("LinkInput");
}

Schema address_schema()
{
    return http::object({{"id", http::identifier("adr_")},
                         {"email", http::text(3, kEmailBytesMax)},
                         {"confirmed", http::boolean()},
                         {"primary", http::boolean()},
                         {"created_at", http::time()}})
        .named("NotificationAddress");
}

void write_address(JsonWriter& json, const ListedAddress& listed)
{
    json.begin_object();
    json.member("id", listed.address.id.text());
    json.member("email", listed.address.email.text());
    json.member("confirmed", listed.address.confirmed_at.has_value());
    json.member("primary", listed.is_primary);
    json.member("created_at", listed.address.created_at);
    json.end_object();
}

/// What a spent link comes to, after the commit.
Result<Response> answer_to(Spent spent)
{
    switch (spent) {
    case Spent::Done: return Response::no_content();
    case Spent::LinkInvalid: return link::invalid_link();
    }
    std::abort();
}

Result<Response> request_change(const EmailRouteParts& parts, const Request& request)
{
    KS_TRY(const EmailAddress address, EmailAddress::parse(request.body.text("email")));
    const Actor actor = request.actor();
    KS_CHECK(
        parts.database.write([&](WriteTx& tx) { return parts.email.request(tx, actor, address); }));
    return Response::json(202, "{}");
}

Result<Response> confirm_change(const EmailRouteParts& parts, const Request& request)
{
    const Secret token = request.body.secret("token");
    const Actor actor = request.actor();
    KS_TRY(const Spent spent, parts.database.write([&](WriteTx& tx) {
        return parts.email.confirm(tx, actor, token.reveal_text());
    }));
    return answer_to(spent);
}

Result<Response> undo_change(const EmailRouteParts& parts, const Request& request)
{
    const Secret token = request.body.secret("token");
    const Actor actor = request.actor();
    KS_TRY(const Spent spent, parts.database.write([&](WriteTx& tx) {
        return parts.email.undo(tx, actor, token.reveal_text());
    }));
    return answer_to(spent);
}

Result<Response> list_addresses(const EmailRouteParts& parts, const Request& request)
{
    KS_TRY(const auto addresses, parts.database.read([&](ReadTx& tx) {
        return parts.addresses.list(tx, request.principal.account);
    }));
    JsonWriter json;
    json.begin_object().key("items").begin_array();
    for (const ListedAddress& listed : addresses) {
        write_address(json, listed);
    }
    json.end_array().key("next_cursor").null().end_object();
    return Response::json(200, std::move(json).take());
}

Result<Response> add_address(const EmailRouteParts& parts, const Request& request)
{
    KS_TRY(const EmailAddress address, EmailAddress::parse(request.body.text("email")));
    const Actor actor = request.actor();
    KS_TRY(const Address added, parts.database.write([&](WriteTx& tx) {
        return parts.addresses.add(tx, actor, address);
    }));
    JsonWriter json;
    write_address(json, {.address = added, .is_primary = false});
    return Response::json(202, std::move(json).take());
}

Result<Response> confirm_address(const EmailRouteParts& parts, const Request& request)
{
    const Secret token = request.body.secret("token");
    const Actor actor = request.actor();
    KS_TRY(const Spent spent, parts.database.write([&](WriteTx& tx) {
        return parts.addresses.confirm(tx, actor, token.reveal_text());
    }));
    return answer_to(spent);
}

Result<Response> remove_address(const EmailRouteParts& parts, const Request& request)
{
    const auto id = AddressId::parse(request.path_parameter("id"));
    if (!id) {
        return Error{ErrorKind::NotFound, "account/address-not-found", "There is no such address."};
    }
    const Actor actor = request.actor();
    KS_CHECK(
        parts.database.write([&](WriteTx& tx) { return parts.addresses.remove(tx, actor, *id); }));
    return Response::no_content();
}

struct LinkRoute {
    std::string_view path;
    std::string_view operation;
    std::string_view summary;
    std::string_view done;
    std::vector<std::string_view> problems;
    std::string_view audit;
};

/// A mail's link, followed: anybody who holds it may, signed in or not.
http::Route link_route(LinkRoute link, http::Handler handler)
{
    return {.method = Method::Post,
            .path = link.path,
            .operation = link.operation,
            .tag = "Account",
            .summary = link.summary,
            .lane = LaneKind::Store,
            .access = Access::everyone(),
            .limit = LimitGroup::Sensitive,
            .body_bytes_max = kBodyBytes,
            .timing = TimingKind::Immediate,
            .request = token_body(),
            .answers = {{204, http::no_body(), link.done}},
            .problems = std::move(link.problems),
            .audit = {link.audit},
            .handler = std::move(handler)};
}

void add_change_routes(http::Router& router, const EmailRouteParts& parts)
{
    router.add(
        {.method = Method::Post,
         .path = "/v1/account/email",
         .operation = "requestEmailChange",
         .tag = "Account",
         .summary = "Ask for another sign-in address: a link is mailed to it",
         .lane = LaneKind::Store,
         .access = Access::stepped_up(),
         .limit = LimitGroup::Sensitive,
         .body_bytes_max = kBodyBytes,
         .timing = TimingKind::AllOnSlot, // Nor by its time does the answer say whether the address
                                          // is known.
         .request = email_body(),
         .answers = {{202, http::object({}), "A mail is on its way"}},
         .problems = {"account/email-invalid", "account/email-unchanged"},
         .audit = {"account.email-request"},
         .handler = [parts](const Request& request) { return request_change(parts, request); }});
    router.add(
        link_route({.path = "/v1/account/email/confirm",
                    .operation = "confirmEmailChange",
                    .summary = "Change the sign-in address by the link mailed to the new one",
                    .done = "Changed",
                    .problems = {"link/invalid", "account/email-taken"},
                    .audit = "account.email-change"},
                   [parts](const Request& request) { return confirm_change(parts, request); }));
    router.add(link_route({.path = "/v1/account/email/undo",
                           .operation = "undoEmailChange",
                           .summary = "Take the former sign-in address back and end every session",
                           .done = "Undone",
                           .problems = {"link/invalid"},
                           .audit = "account.email-undo"},
                          [parts](const Request& request) { return undo_change(parts, request); }));
}

void add_address_routes(http::Router& router, const EmailRouteParts& parts)
{
    router.add(
        {.method = Method::Get,
         .path = "/v1/account/notification-addresses",
         .operation = "listNotificationAddresses",
         .tag = "Account",
         .summary = "The addresses that notices go to",
         .lane = LaneKind::Store,
         .access = Access::session(),
         .limit = LimitGroup::Read,
         .body_bytes_max = std::size_t{0},
         .timing = TimingKind::Immediate,
         .answers = {{200, http::list_of(address_schema()), "All of them: there are at most five"}},
         .handler = [parts](const Request& request) { return list_addresses(parts, request); }});
    router.add(
        {.method = Method::Post,
         .path = "/v1/account/notification-addresses",
         .operation = "addNotificationAddress",
         .tag = "Account",
         .summary = "Add an address: it counts once the link mailed to it was followed",
         .lane = LaneKind::Store,
         .access = Access::stepped_up(),
         .limit = LimitGroup::Sensitive,
         .body_bytes_max = kBodyBytes,
         .timing = TimingKind::Immediate,
         .request = email_body(),
         .answers = {{202, address_schema(), "Kept, and a mail is on its way"}},
         .problems = {"account/email-invalid", "account/address-limit", "account/address-exists"},
         .audit = {"account.address-add"},
         .handler = [parts](const Request& request) { return add_address(parts, request); }});
    router.add(
        link_route({.path = "/v1/account/notification-addresses/confirm",
                    .operation = "confirmNotificationAddress",
                    .summary = "Confirm an address by the link mailed to it",
                    .done = "Confirmed",
                    .problems = {"link/invalid"},
                    .audit = "account.address-confirm"},
                   [parts](const Request& request) { return confirm_address(parts, request); }));
    router.add(
        {.method = Method::Delete,
         .path = "/v1/account/notification-addresses/{id}",
         .operation = "removeNotificationAddress",
         .tag = "Account",
         .summary = "Remove an address",
         .lane = LaneKind::Store,
         .access = Access::stepped_up(),
         .limit = LimitGroup::Sensitive,
         .body_bytes_max = std::size_t{0},
         .timing = TimingKind::Immediate,
         .answers = {{204, http::no_body(), "Removed"}},
         .problems = {"account/address-not-found", "account/address-is-primary"},
         .audit = {"account.address-remove"},
         .handler = [parts](const Request& request) { return remove_address(parts, request); }});
}

} // namespace

void add_email_routes(http::Router& router, const EmailRouteParts& parts)
{
    add_change_routes(router, parts);
    add_address_routes(router, parts);
}

} // namespace keystead::account
