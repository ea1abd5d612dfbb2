#include "features/audit_export/audit_export_routes.h"

#include "features/audit_search/audit_search_routes.h"
#include "http/schema.h"

#include <memory>
#include <utility>

namespace keystead::audit_export {

namespace {

/// The file as a body: each piece in transactions of its own, and only while the session is there
/// that asked for it (security.md item 31).
class ExportBody final : public http::BodySource {
public:
    ExportBody(const RouteParts& parts, const http::Request& request, Order order)
        : parts_(parts), actor_(request.actor()), session_(request.principal.session),
          order_(std::move(order))
    {
    }

    Result<More> next(std::string& piece) override
    {
        if (!begun_) {
            KS_CHECK(parts_.database.write(
                [&](WriteTx& tx) { return parts_.exports.record(tx, actor_, order_); }));
            KS_TRY(position_, parts_.database.read([&](ReadTx& tx) {
                return parts_.exports.begin(tx, order_, piece);
            }));
            begun_ = true;
        }
#ifndef KEYSTEAD_WITHOUT_EXPORT_SESSION
        KS_CHECK(check_session());
#endif
        while (!position_.ended && piece.size() < kPieceBytes) {
            KS_TRY(position_, parts_.database.read([&](ReadTx& tx) {
                return parts_.exports.go_on(tx, order_, position_, piece);
            }));
        }
        return position_.ended ? More::No : More::Follows;
    }

private:
    Result<void> check_session()
    {
        KS_TRY(const auto session, parts_.database.read([&](ReadTx& tx) {
            return parts_.sessions.find(tx, actor_.account, session_);
        }));
        if (!session) {
            return Error{ErrorKind::Unauthenticated, "session/required"};
        }
        return {};
    }

    RouteParts parts_;
    Actor actor_;
    SessionId session_;
    Order order_;
    Position position_;
    bool begun_ = false;
};

Result<http::Response> start_export(const RouteParts& parts, const http::Request& request)
{
    const auto lookup = [&](std::string_view name) { return request.query(name); };
    KS_TRY(auto filter,
           parts.database.read([&](ReadTx& tx) { return parts.filters.parse(tx, lookup); }));
    Order order{.filter = std::move(filter),
                .filter_names = {},
                .format =
                    parse_format(request.query("format").value_or("")).value_or(Format::JsonLines),
                .pseudonymous = request.query("pseudonymous") == "true"};
    for (const std::string_view name : audit_search::kFilterNames) {
        if (request.query(name)) {
            order.filter_names.append(order.filter_names.empty() ? "" : ",").append(name);
        }
    }
    const bool is_csv = order.format == Format::Csv;
    auto body = std::make_shared<ExportBody>(parts, request, std::move(order));
    return http::Response::stream(is_csv ? "text/csv; charset=utf-8; header=present"
                                         : "application/jsonl",
                                  std::move(body))
        .with_header("Content-Disposition", is_csv ? "attachment; filename=\"audit.csv\""
                                                   : "attachment; filename=\"audit.jsonl\"");
}

} // namespace

void add_routes(http::Router& router, const RouteParts& parts)
{
    auto query = audit_search::filter_parameters();
    query.push_back({"format", http::enumeration({"jsonl", "csv"}), "jsonl unless given"});
    query.push_back({"pseudonymous", http::boolean(), "Without personal values"});
    router.add({.method = http::Method::Get,
                .path = "/v1/admin/audit/export",
                .operation = "exportAudit",
                .tag = "Operator",
                .summary = "The log, or the events of a filter, as a file (docs/audit.md)",
                .lane = http::LaneKind::Slow,
                .access = http::Access::stepped_up_operator(),
                .limit = http::LimitGroup::Write,
                .body_bytes_max = std::size_t{0},
                .timing = http::TimingKind::Immediate,
                .query = std::move(query),
                .answers = {{200, {}, "The file, oldest first", {"application/jsonl", "text/csv"}}},
                .problems = {"audit-search/bad-filter", "audit/no-origin", "audit/not-numbered",
                             "audit-export/overtaken"},
                .audit = {"audit.export"},
                .handler = [parts](const http::Request& request) {
                    return start_export(parts, request);
                }});
}

} // namespace keystead::audit_export
