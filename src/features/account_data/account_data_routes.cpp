#include "features/account_data/account_data_routes.h"

#include "core/json.h"
#include "http/schema.h"

#include <string>
#include <utility>

namespace keystead::account_data {
namespace {

using http::Access;
using http::LaneKind;
using http::LimitGroup;
using http::Method;
using http::Request;
using http::Response;
using http::TimingKind;

Result<Response> download(const RouteParts& parts, const Request& request)
{
    const Actor actor = request.actor();
    KS_TRY(std::string json,
           parts.database.write([&](WriteTx& tx) { return parts.exports.make(tx, actor); }));
    return Response::json(200, std::move(json))
        .with_header("Content-Disposition", "attachment; filename=\"account.json\"");
}

Result<Response> request_deletion(const RouteParts& parts, const Request& request)
{
    const Actor actor = request.actor();
    KS_TRY(const Instant delete_at,
           parts.database.write([&](WriteTx& tx) { return parts.deletion.request(tx, actor); }));
    JsonWriter json;
    json.begin_object().member("deletes_at", delete_at).end_object();
    return Response::json(202, std::move(json).take());
}

Result<Response> cancel_deletion(const RouteParts& parts, const Request& request)
{
    const Actor actor = request.actor();
    KS_CHECK(parts.database.write([&](WriteTx& tx) { return parts.deletion.cancel(tx, actor); }));
    return Response::no_content();
}

} // namespace

void add_routes(http::Router& router, const RouteParts& parts)
{
    router.add({.method = Method::Get,
                .path = "/v1/account/export",
                .operation = "exportOwnAccount",
                .tag = "Account",
                .summary = "Download everything that is kept about oneself",
                .lane = LaneKind::Slow,
                .access = Access::stepped_up(),
                .limit = LimitGroup::Sensitive,
                .body_bytes_max = std::size_t{0},
                .timing = TimingKind::Immediate,
                .answers = {{200, http::any(), "One JSON object, a member a kind of data"}},
                .audit = {"account.export"},
                .handler = [parts](const Request& request) { return download(parts, request); }});
    router.add(
        {.method = Method::Delete,
         .path = "/v1/account",
         .operation = "requestDeletion",
         .tag = "Account",
         .summary = "Ask for the account's deletion; it is erased when the waiting time is over",
         .lane = LaneKind::Store,
         .access = Access::stepped_up(),
         .limit = LimitGroup::Sensitive,
         .body_bytes_max = std::size_t{64},
         .timing = TimingKind::Immediate,
         .request = http::object({}),
         .answers = {{202, http::object({{"deletes_at", http::time()}}).named("Deletion"),
                      "The waiting time runs"}},
         .problems = {"account/deletion-pending", "account/last-operator"},
         .audit = {"account.delete-request"},
         .handler = [parts](const Request& request) { return request_deletion(parts, request); }});
    router.add(
        {.method = Method::Post,
         .path = "/v1/account/deletion/cancel",
         .operation = "cancelDeletion",
         .tag = "Account",
         .summary = "Keep the account after all",
         .lane = LaneKind::Store,
         .access = Access::session(),
         .limit = LimitGroup::Write,
         .body_bytes_max = std::size_t{0},
         .timing = TimingKind::Immediate,
         .answers = {{204, http::no_body(), "Cancelled"}},
         .problems = {"account/deletion-not-pending"},
         .audit = {"account.delete-cancel"},
         .handler = [parts](const Request& request) { return cancel_deletion(parts, request); }});
}

} // namespace keystead::account_data
