// features/api_token/surrender_routes.cpp
//
// POST /v1/tokens/revoke: whoever holds a token ends it, a person by hand or a programme that scans
// for leaked secrets.
#include "core/encoding.h"
#include "core/json.h"
#include "crypto/hash.h"
#include "features/api_token/api_token_routes.h"
#include "features/api_token/leak_report.h"

#include <utility>

namespace keystead::api_token {
namespace {

using http::Access;
using http::LaneKind;
using http::LimitGroup;
using http::Method;
using http::Request;
using http::Response;
using http::TimingKind;

constexpr std::size_t kReportBodyMax = 65536;

// A secret-scanning programme wants to hear of each token whether it was real.
void write_finding(JsonWriter& json, const LeakReport::Item& item, Surrender outcome)
{
    json.begin_object()
        .member("token_hash", base64_encode(crypto::sha256(as_bytes(item.token.reveal_text()))))
        .member("token_type", item.type)
        .member("label", outcome == Surrender::Unknown ? "false_positive" : "true_positive")
        .end_object();
}

http::Handler surrender_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        const auto type = request.header("content-type").value_or("");
        if (type.substr(0, type.find(';')) != "application/json") {
            return Error{ErrorKind::InvalidInput, "request/unsupported-media-type",
                         "The body must be application/json."};
        }
        KS_TRY(const LeakReport report, parse_leak_report(request.raw_body));
        JsonWriter json;
        const bool is_list = report.form == LeakReport::Form::Programme;
        if (is_list) {
            json.begin_array();
        }
        for (const auto& item : report.items) {
            auto outcome = Surrender::Unknown;
            if (p.tokens.parse(item.token.reveal_text())) {
                KS_TRY(outcome, p.database.write_essential([&](WriteTx& tx) {
                    return p.tokens.surrender(tx, request.actor(), item.token.reveal_text());
                }));
            }
            if (is_list) {
                write_finding(json, item, outcome);
            } else {
                json.begin_object().member("revoked", outcome != Surrender::Unknown).end_object();
            }
        }
        if (is_list) {
            json.end_array();
        }
        return Response::json(200, std::move(json).take());
    };
}

} // namespace

void add_surrender_route(http::Router& router, const RouteParts& p)
{
    router.add({.method = Method::Post,
                .path = "/v1/tokens/revoke",
                .operation = "surrenderToken",
                .tag = "API keys",
                .summary =
                    "End an API key that was found, by the key itself: {\"token\": \"…\"}, or "
                    "the list that secret-scanning programmes send",
                .lane = LaneKind::Store,
                .access = Access::everyone(),
                .limit = LimitGroup::Write,
                .body_bytes_max = kReportBodyMax,
                .timing = TimingKind::Immediate,
                .answers = {{200, http::any(), "Whether it was a live key; for a list, of each"}},
                .problems = {"token/invalid-report"},
                .audit = {"token.revoke", "token.end-overlap"},
                .handler = surrender_handler(p),
                .raw_body = true});
}

} // namespace keystead::api_token
