// http/system_routes.cpp
#include "http/system_routes.h"

#include "core/json.h"

#include <memory>
#include <string>
#include <utility>

namespace keystead::http {
namespace {

Route system_route(std::string_view path, LaneKind lane, LimitGroup limit, Handler handler)
{
    return {.method = Method::Get,
            .path = path,
            .operation = {},
            .tag = {},
            .summary = {},
            .lane = lane,
            .access = Access::everyone(),
            .limit = limit,
            .body_bytes_max = std::size_t{0},
            .timing = TimingKind::Immediate,
            .documented = false,
            .handler = std::move(handler)};
}

std::string escape_html(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        default: out += c;
        }
    }
    return out;
}

/// Only codes of the catalogue are shown: nothing of the path comes back.
Result<Response> explain_problem(const ProblemCatalogue& catalogue, const Request& request)
{
    const std::string code = std::string(request.path_parameter("slice")) + '/' +
                             std::string(request.path_parameter("code"));
    const ProblemEntry* entry = catalogue.find(code);
    if (entry == nullptr) {
        return Error{ErrorKind::NotFound, "request/not-found"};
    }
    const auto accept = request.header("accept").value_or("");
    if (accept.find("text/html") == std::string_view::npos) {
        JsonWriter json;
        json.begin_object().member("code", entry->code).member("title", entry->title);
        json.member("explanation", entry->explanation).end_object();
        return Response::json(200, std::move(json).take());
    }
    const std::string title = escape_html(entry->title);
    return Response{.status = 200,
                    .content_type = "text/html; charset=utf-8",
                    .body = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>" +
                            title + "</title><h1>" + title + "</h1><p><code>" +
                            escape_html(entry->code) + "</code></p><p>" +
                            escape_html(entry->explanation) + "</p></html>"};
}

} // namespace

void add_system_routes(RouteTable& routes, const ProblemCatalogue& catalogue,
                       SystemRoutesOptions options)
{
    routes.add(system_route("/health/live", LaneKind::Inline, LimitGroup::None,
                            [](const Request&) -> Result<Response> {
                                return Response::json(200, R"({"status":"live"})");
                            }));
    routes.add(system_route(
        "/health/ready", LaneKind::Store, LimitGroup::None,
        [is_ready = std::move(options.is_ready)](const Request&) -> Result<Response> {
            if (!is_ready || is_ready()) {
                return Response::json(200, R"({"status":"ready"})");
            }
            return Response::json(503, R"({"status":"not-ready"})").with_header("Retry-After", "5");
        }));
    routes.add(system_route("/problems/{slice}/{code}", LaneKind::Inline, LimitGroup::Read,
                            [&catalogue](const Request& request) -> Result<Response> {
                                return explain_problem(catalogue, request);
                            }));
    // Shared, since a std::function may be copied and the text is large.
    auto document = std::make_shared<const std::string>(openapi_document(routes, options.openapi));
    routes.add(system_route("/v1/openapi.json", LaneKind::Inline, LimitGroup::Read,
                            [document = std::move(document)](const Request&) -> Result<Response> {
                                return Response::json(200, *document);
                            }));
}

} // namespace keystead::http
