#include "features/log_proof/log_proof_routes.h"

#include "core/json.h"
#include "http/schema.h"

#include <string>
#include <utility>

namespace keystead::log_proof {
namespace {

// "Tiles … SHOULD be served with a … immutable" caching policy; the checkpoint "MUST NOT be cached"
// for longer than a few seconds (tlog-tiles).
constexpr std::string_view kForEver = "public, max-age=31536000, immutable";
constexpr std::string_view kBriefly = "public, max-age=1";

http::Response file_answer(const std::string& name, std::string contents)
{
    http::Response response{
        .status = 200, .content_type = "application/jsonl", .body = std::move(contents)};
    return std::move(response).with_header("Content-Disposition",
                                           "attachment; filename=\"" + name + ".jsonl\"");
}

Error no_such_event()
{
    return {ErrorKind::NotFound, "audit/event-not-found", "There is no such event."};
}

http::Route public_route(std::string_view path, std::string_view operation,
                         std::string_view summary, std::string_view media_type,
                         http::Handler handler)
{
    return {.method = http::Method::Get,
            .path = path,
            .operation = operation,
            .tag = "Audit log",
            .summary = summary,
            .lane = http::LaneKind::Store,
            .access = http::Access::everyone(),
            .limit = http::LimitGroup::Read,
            .body_bytes_max = std::size_t{0},
            .timing = http::TimingKind::Immediate,
            .answers = {{200, {}, "As C2SP tlog-tiles has it", {media_type}}},
            .problems = {"audit/no-origin", "audit/tile-not-found"},
            .handler = std::move(handler)};
}

http::Route event_route(std::string_view path, std::string_view operation, http::Access access,
                        http::Handler handler)
{
    return {.method = http::Method::Get,
            .path = path,
            .operation = operation,
            .tag = "Audit log",
            .summary = "One event with its proof and a checkpoint, as a file (docs/audit.md)",
            .lane = http::LaneKind::Store,
            .access = access,
            .limit = http::LimitGroup::Read,
            .body_bytes_max = std::size_t{0},
            .timing = http::TimingKind::Immediate,
            .answers = {{200, {}, "JSON Lines: header, event, end", {"application/jsonl"}}},
            .problems = {"audit/event-not-found", "audit/not-numbered", "audit/no-origin"},
            .handler = std::move(handler)};
}

void write_keys(JsonWriter& json, const std::vector<Origin>& origins)
{
    json.begin_object().key("items").begin_array();
    for (std::size_t i = 0; i < origins.size(); ++i) {
        const Origin& origin = origins[origins.size() - 1 - i]; // newest first
        json.begin_object()
            .member("origin", origin.name)
            .member("vkey", origin.key.text())
            .member("started_at", origin.started_at)
            .member("first_size", origin.first_size)
            .member("in_use", i == 0)
            .end_object();
    }
    json.end_array().end_object();
}

http::Schema keys_schema()
{
    using namespace http;
    return object({{"items", array(object({{"origin", text(1, 512)},
                                           {"vkey", text(1, 1024)},
                                           {"started_at", time()},
                                           {"first_size", integer(0, std::int64_t{1} << 62)},
                                           {"in_use", boolean()}})
                                       .named("AuditLogKey"),
                                   1000)}});
}

void add_public_routes(http::Router& router, Database& database, LogProofService& proofs)
{
    router.add(public_route(
        "/audit/checkpoint", "auditCheckpoint", "The newest checkpoint, a signed note",
        "text/plain", [&](const http::Request&) -> Result<http::Response> {
            KS_TRY(auto made, database.read([&](ReadTx& tx) { return proofs.sign_head(tx); }));
            http::Response response{.status = 200,
                                    .content_type = "text/plain; charset=utf-8",
                                    .body = std::move(made.note)};
            return std::move(response).with_header("Cache-Control", std::string(kBriefly));
        }));
    router.add(public_route(
        "/audit/tile/{path...}", "auditTile", "A tile of the tree, or a bundle of its entries",
        "application/octet-stream", [&](const http::Request& request) -> Result<http::Response> {
            const Error absent{ErrorKind::NotFound, "audit/tile-not-found",
                               "The tree has no such tile, or not that much of it yet."};
            const auto path = TilePath::parse(request.path_parameter("path"));
            if (!path) {
                return absent;
            }
            KS_TRY(const auto bytes, database.read([&](ReadTx& tx) {
                return LogProofService::find_tile(tx, *path);
            }));
            if (!bytes) {
                return absent;
            }
            http::Response response{.status = 200,
                                    .content_type = "application/octet-stream",
                                    .body = std::string(as_text(*bytes))};
            return std::move(response).with_header("Cache-Control", std::string(kForEver));
        }));
    auto keys =
        public_route("/audit/keys", "auditKeys", "The log's verifier keys, newest first", {},
                     [&](const http::Request&) -> Result<http::Response> {
                         KS_TRY(const auto list,
                                database.read([&](ReadTx& tx) { return proofs.list_origins(tx); }));
                         JsonWriter json;
                         write_keys(json, list);
                         return http::Response::json(200, std::move(json).take());
                     });
    keys.answers = {{200, keys_schema(), "Keys of this log and of those it went on from"}};
    keys.problems = {};
    router.add(std::move(keys));
}

} // namespace

void add_routes(http::Router& router, Database& database, LogProofService& proofs)
{
    add_public_routes(router, database, proofs);
    router.add(event_route("/v1/account/activity/{id}/proof", "proveActivity",
                           http::Access::session(),
                           [&](const http::Request& request) -> Result<http::Response> {
                               const auto id = EventId::parse(request.path_parameter("id"));
                               if (!id) {
                                   return no_such_event();
                               }
                               KS_TRY(auto file, database.read([&](ReadTx& tx) {
                                   return proofs.event_file(tx, *id, request.principal.account);
                               }));
                               return file_answer(id->text(), std::move(file));
                           }));
    auto of_operator = event_route(
        "/v1/admin/audit/events/{id}/proof", "proveEvent", http::Access::operator_only(),
        [&](const http::Request& request) -> Result<http::Response> {
            const auto id = EventId::parse(request.path_parameter("id"));
            if (!id) {
                return no_such_event();
            }
            const auto make = [&](ReadTx& tx) { return proofs.event_file(tx, *id, std::nullopt); };
            KS_TRY(auto file, database.read(make));
            KS_CHECK(database.write(
                [&](WriteTx& tx) { return proofs.record_disclosure(tx, request.actor(), *id); }));
            return file_answer(id->text(), std::move(file));
        });
    of_operator.audit = {"audit.prove-event"};
    router.add(std::move(of_operator));
}

} // namespace keystead::log_proof
