#include "core/json.h"
#include "features/activity/activity_routes.h"
#include "features/api_token/api_token_routes.h"
#include "features/securing/securing_routes.h"
#include "http/schema.h"

#include <charconv>
#include <string>
#include <utility>
#include <vector>

namespace keystead::securing {
namespace {

using http::Access;
using http::LaneKind;
using http::LimitGroup;
using http::Method;
using http::Request;
using http::Response;
using http::TimingKind;

constexpr std::size_t kLinesMax = audit::AuditService::kPageMax;
constexpr std::size_t kBodyBytes = 8192;

Access in_flow()
{
    return Access::session().even_when_restricted();
}

/// For what hands out a secret, or says that no address is another's.
Access freshly_in_flow()
{
    return Access::stepped_up().even_when_restricted();
}

http::Schema line_schema()
{
    using namespace http;
    return object({{"kind", enumeration({"grave", "usual"})},
                   {"verdict", enumeration({"me", "not-me"}).or_null()},
                   {"activity", activity::activity_schema()}})
        .named("SecuringLine");
}

http::Schema lines_schema()
{
    using namespace http;
    return object({{"items", array(line_schema(), kLinesMax)},
                   {"next_cursor", text(1, 1024).or_null()},
                   {"told_later",
                    array(line_schema(), kToldLaterMax)
                        .described("With the first page that has usual lines: what the product "
                                   "told after the freeze of a time before it; no verdict is "
                                   "asked for")},
                   {"left",
                    integer(0, kLinesCounted)
                        .described(
                            "Lines of which nothing was said, on all pages; counted to 10,000")}})
        .named("SecuringLines");
}

http::Schema review_schema()
{
    using namespace http;
    return object({{"lines", array(identifier("evt_"), kLinesMax)},
                   {"all_usual",
                    boolean().described("Also every usual line of which nothing was said"),
                    Presence::Optional},
                   {"verdict", enumeration({"me", "not-me"})}})
        .named("ReviewActivity");
}

Result<Response> replace_token(const RouteParts& p, const Request& request)
{
    KS_TRY(const TokenId id, api_token::token_in_path(request));
    KS_TRY(const auto made, p.database.write([&](WriteTx& tx) {
        return p.securing.replace_token(tx, request.actor(), id);
    }));
    JsonWriter json(512);
    json.begin_object()
        .member("id", made.token.id.text())
        .member("token", made.secret.reveal_text())
        .end_object();
    return Response::secret_json(200, std::move(json).take());
}

std::vector<std::string> texts_of(const Request& request, std::string_view name)
{
    std::vector<std::string> texts;
    for (const JsonValue& one : request.body.value().find(name)->array()) {
        texts.emplace_back(one.string());
    }
    return texts;
}

Result<Response> check_addresses(const RouteParts& p, const Request& request)
{
    const auto known = texts_of(request, "emails");
    KS_CHECK(p.database.write(
        [&](WriteTx& tx) { return p.securing.check_addresses(tx, request.actor(), known); }));
    return Response::no_content();
}

LinesQuery query_of(const Request& request)
{
    LinesQuery query{.cursor = std::string(request.query("cursor").value_or(""))};
    if (const auto limit = request.query("limit")) { // Digits within bounds, as declared.
        std::from_chars(limit->data(), limit->data() + limit->size(), query.limit);
    }
    for (const LineKind kind : {LineKind::Grave, LineKind::Usual}) {
        if (request.query("kind") == text_of(kind)) {
            query.kind = kind;
        }
    }
    return query;
}

void write_lines(JsonWriter& json, const RouteParts& p, const std::vector<Line>& lines)
{
    json.begin_array();
    for (const Line& line : lines) {
        json.begin_object()
            .member("kind", text_of(kind_of(line.activity.action)))
            .member("verdict", line.verdict ? std::optional(text_of(*line.verdict)) : std::nullopt);
        json.key("activity").begin_object();
        activity::write_members(json, line.activity, p.devices, p.places);
        json.end_object().end_object();
    }
    json.end_array();
}

Result<Response> list_lines(const RouteParts& p, const Request& request)
{
    const LinesQuery query = query_of(request);
    KS_TRY(const auto page, p.database.read([&](ReadTx& tx) {
        return p.securing.list_lines(tx, request.principal.account, query);
    }));
    // Described outside the transaction: expressions may have to be compiled first.
    JsonWriter json;
    json.begin_object();
    write_lines(json.key("items"), p, page.items);
    write_lines(json.key("told_later"), p, page.told_later);
    json.member("next_cursor", page.next_cursor)
        .member("left", std::uint64_t{page.left})
        .end_object();
    return Response::json(200, std::move(json).take());
}

Result<Response> review(const RouteParts& p, const Request& request)
{
    Review said;
    for (const std::string& text : texts_of(request, "lines")) {
        const auto id = EventId::parse(text);
        if (!id) {
            return Error{ErrorKind::NotFound, "securing/no-such-line",
                         "That is no line of the activity to look at."};
        }
        said.lines.push_back(*id);
    }
    if (request.body.text("verdict") == text_of(Verdict::NotMe)) {
        said.verdict = Verdict::NotMe;
    }
    const JsonValue* all_usual = request.body.value().find("all_usual");
    if (all_usual != nullptr && all_usual->boolean()) {
        said.others = Review::Others::AllUsual;
    }
    KS_CHECK(p.database.write(
        [&](WriteTx& tx) { return p.securing.review(tx, request.actor(), said); }));
    return Response::no_content();
}

void add_steps(http::Router& router, const RouteParts& p)
{
    router.add({.method = Method::Post,
                .path = "/v1/account/secure/tokens/{id}/replace",
                .operation = "replaceToken",
                .tag = kTag,
                .summary = "Give an API token a new secret; the old one is dead for good",
                .lane = LaneKind::Store,
                .access = freshly_in_flow(),
                .limit = LimitGroup::Sensitive,
                .body_bytes_max = std::size_t{0},
                .timing = TimingKind::Immediate,
                .answers = {{200,
                             http::object(
                                 {{"id", http::identifier("tok_")}, {"token", http::text(1, 200)}})
                                 .named("ReplacedToken"),
                             "The secret, shown this once; it works when the flow is finished"}},
                .problems = {"token/not-found", "token/expired", "securing/not-begun",
                             "securing/other-step"},
                .audit = {"token.rotate"},
                .handler = [p](const Request& request) { return replace_token(p, request); }});
    router.add(
        {.method = Method::Post,
         .path = "/v1/account/secure/addresses",
         .operation = "checkAddresses",
         .tag = kTag,
         .summary = "Say that these are the account's addresses, and all of them one's own",
         .lane = LaneKind::Store,
         .access = freshly_in_flow(),
         .limit = LimitGroup::Write,
         .body_bytes_max = kBodyBytes,
         .timing = TimingKind::Immediate,
         .request =
             http::object({{"emails", http::array(http::text(3, 320), 5)}}).named("CheckAddresses"),
         .answers = {{204, http::no_body(), "Noted"}},
         .problems = {"securing/addresses-changed", "securing/not-begun", "securing/other-step"},
         .audit = {"account.secure-addresses"},
         .handler = [p](const Request& request) { return check_addresses(p, request); }});
}

void add_activity(http::Router& router, const RouteParts& p)
{
    router.add(
        {.method = Method::Get,
         .path = "/v1/account/secure/activity",
         .operation = "listSecuringActivity",
         .tag = kTag,
         .summary = "The activity of the 90 days before the freeze, and what was said of each line",
         .lane = LaneKind::Store,
         .access = in_flow(),
         .limit = LimitGroup::Read,
         .body_bytes_max = std::size_t{0},
         .timing = TimingKind::Immediate,
         .query = {{"kind", http::enumeration({"grave", "usual"}),
                    "Only what changes how the account is entered, or only the rest"},
                   {"limit", http::integer(1, kLinesMax), "How many at most; 50 unless given"},
                   {"cursor", http::text(1, 1024), "next_cursor of the page before"}},
         .answers = {{200, lines_schema(), "Newest first"}},
         .problems = {"request/invalid-cursor"},
         .handler = [p](const Request& request) { return list_lines(p, request); }});
    router.add({.method = Method::Post,
                .path = "/v1/account/secure/activity",
                .operation = "reviewActivity",
                .tag = kTag,
                .summary = "Say of lines of activity: this was me, or: this was not me",
                .lane = LaneKind::Store,
                .access = in_flow(),
                .limit = LimitGroup::Write,
                .body_bytes_max = kBodyBytes,
                .timing = TimingKind::Immediate,
                .request = review_schema(),
                .answers = {{204, http::no_body(), "Noted"}},
                .problems = {"securing/no-such-line", "securing/not-begun"},
                .audit = {"account.secure-review"},
                .handler = [p](const Request& request) { return review(p, request); }});
}

} // namespace

void add_step_routes(http::Router& router, const RouteParts& parts)
{
    add_steps(router, parts);
    add_activity(router, parts);
}

} // namespace keystead::securing
