#include "features/audit_search/audit_search_routes.h"

#include "core/encoding.h"
#include "core/json.h"
#include "features/activity/activity_routes.h"
#include "http/schema.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace keystead::audit_search {

namespace {

constexpr std::uint32_t kPageUsual = 50;
constexpr std::string_view kOlder = "audit/search/older";
constexpr std::string_view kNewer = "audit/search/newer";

std::string seal_cursor(const crypto::KeyRing& keys, std::string_view list, std::uint64_t position)
{
    const std::string text = std::to_string(position);
    return base64url_encode(keys.seal(crypto::KeyPurpose::CursorSeal, list, as_bytes(text)));
}

Result<std::optional<std::uint64_t>> open_cursor(const crypto::KeyRing& keys, std::string_view list,
                                                 std::optional<std::string_view> cursor)
{
    if (!cursor) {
        return std::optional<std::uint64_t>{};
    }
    const Error refused{ErrorKind::InvalidInput, "request/invalid-cursor",
                        "This cursor is not one that this list gave."};
    const auto sealed = base64url_decode(*cursor);
    if (!sealed) {
        return refused;
    }
    const auto opened = keys.open(crypto::KeyPurpose::CursorSeal, list, *sealed);
    if (!opened) {
        return refused;
    }
    const std::string_view text = opened->reveal_text();
    std::uint64_t position = 0;
    std::from_chars(text.data(), text.data() + text.size(), position);
    return std::optional(position);
}

/// Who an id is, for people: the sign-in addresses of the accounts that a page names.
using Names = std::map<AccountId, std::string>;

struct Shown {
    std::vector<audit::LogEvent> events;
    Names names;
    std::optional<std::string> next_cursor;
    std::string tail_cursor;
};

Result<void> add_name(ReadTx& tx, account::AccountService& accounts, Names& names, AccountId id)
{
    if (!id.is_nil() && !names.contains(id)) {
        KS_TRY(const auto account, accounts.find(tx, id));
        names.emplace(id, account ? account->email.text() : std::string{});
    }
    return {};
}

Result<void> add_names(ReadTx& tx, account::AccountService& accounts, Shown& shown)
{
    for (const audit::LogEvent& event : shown.events) {
        if (event.event.actor_kind == ActorKind::Account) {
            KS_CHECK(add_name(tx, accounts, shown.names, AccountId{event.event.actor}));
        }
        KS_CHECK(add_name(tx, accounts, shown.names, event.event.account));
    }
    return {};
}

std::optional<std::string_view> name_of(const Names& names, AccountId id)
{
    const auto found = names.find(id);
    return found == names.end() || found->second.empty()
               ? std::nullopt
               : std::optional<std::string_view>(found->second);
}

http::Schema event_schema()
{
    using namespace http;
    Schema schema = activity::activity_schema();
    schema.fields.push_back({"leaf_index", integer(0, std::int64_t{1} << 62)});
    schema.fields.push_back(
        {"account", object({{"id", identifier("acc_")}, {"name", text(0, 320).or_null()}})
                        .named("AuditAccount")
                        .or_null()});
    schema.fields.push_back({"session", identifier("ses_").or_null()});
    schema.fields.push_back({"request", identifier("req_").or_null()});
    return std::move(schema).named("AuditEvent");
}

template <class Id> std::optional<std::string> text_or_null(Id id)
{
    return id.is_nil() ? std::nullopt : std::optional(id.text());
}

Result<void> write_event(JsonWriter& json, const RouteParts& parts, const audit::LogEvent& event,
                         const Names& names)
{
    const auto activity = audit::activity_of(event.event, event.values);
    if (!activity) {
        return Error{.code = "audit/event-damaged",
                     .cause = "the event of entry " + std::to_string(event.leaf) +
                              " has values of nothing"};
    }
    const bool by_account = event.event.actor_kind == ActorKind::Account;
    json.begin_object();
    activity::write_members(json, *activity, parts.devices, parts.places,
                            by_account ? name_of(names, AccountId{event.event.actor})
                                       : std::nullopt);
    json.member("leaf_index", event.leaf).key("account");
    if (event.event.account.is_nil()) {
        json.null();
    } else {
        json.begin_object()
            .member("id", event.event.account.text())
            .member("name", name_of(names, event.event.account))
            .end_object();
    }
    json.member("session", text_or_null(event.event.session))
        .member("request", text_or_null(event.event.request))
        .end_object();
    return {};
}

/// What the viewer's own reading left behind is not news to them.
void leave_out_own_views(std::vector<audit::LogEvent>& events, AccountId viewer)
{
    std::erase_if(events, [&](const audit::LogEvent& event) {
        return event.event.action == kViewAction && event.event.actor == viewer.bytes();
    });
}

Result<Shown> find_page(ReadTx& tx, const RouteParts& parts, const http::Request& request)
{
    const auto lookup = [&](std::string_view name) { return request.query(name); };
    KS_TRY(const Filter filter, parts.filters.parse(tx, lookup));
    KS_TRY(const auto before, open_cursor(parts.keys, kOlder, request.query("cursor")));
    KS_TRY(const auto after, open_cursor(parts.keys, kNewer, request.query("after")));
    if (before && after) {
        return Error{ErrorKind::InvalidInput, "request/invalid-cursor",
                     "Give `cursor` or `after`, not both."};
    }
    std::uint32_t limit = kPageUsual;
    if (const auto text = request.query("limit")) {
        std::from_chars(text->data(), text->data() + text->size(), limit);
    }
    Shown shown;
    if (after) {
        KS_TRY(auto found, parts.search.oldest(tx, filter, *after, std::nullopt, limit));
        shown.events = std::move(found.items);
        shown.tail_cursor =
            seal_cursor(parts.keys, kNewer, found.next.value_or(std::max(found.size, *after)));
        leave_out_own_views(shown.events, request.principal.account);
    } else {
        KS_TRY(auto found, parts.search.newest(tx, filter, before, limit));
        shown.events = std::move(found.items);
        shown.tail_cursor = seal_cursor(parts.keys, kNewer, found.size);
        if (found.next) {
            shown.next_cursor = seal_cursor(parts.keys, kOlder, *found.next);
        }
    }
    KS_CHECK(add_names(tx, parts.accounts, shown));
    return shown;
}

Result<http::Response> list_events(const RouteParts& parts, const http::Request& request)
{
    const auto find = [&](ReadTx& tx) { return find_page(tx, parts, request); };
    KS_TRY(const Shown shown, parts.database.read(find));
    KS_CHECK(parts.views.record(parts.database, request.actor()));
    JsonWriter json;
    json.begin_object().key("items").begin_array();
    for (const audit::LogEvent& event : shown.events) {
        KS_CHECK(write_event(json, parts, event, shown.names));
    }
    json.end_array()
        .member("next_cursor", shown.next_cursor)
        .member("tail_cursor", shown.tail_cursor)
        .end_object();
    return http::Response::json(200, std::move(json).take());
}

Result<http::Response> show_event(const RouteParts& parts, const http::Request& request)
{
    const Error absent{ErrorKind::NotFound, "audit/event-not-found", "There is no such event."};
    const auto id = EventId::parse(request.path_parameter("id"));
    if (!id) {
        return absent;
    }
    KS_TRY(const Shown shown, parts.database.read([&](ReadTx& tx) -> Result<Shown> {
        KS_TRY(auto event, parts.reader.find(tx, *id));
        Shown found;
        if (event) {
            found.events.push_back(*std::move(event));
            KS_CHECK(add_names(tx, parts.accounts, found));
        }
        return found;
    }));
    if (shown.events.empty()) {
        return absent;
    }
    KS_CHECK(parts.views.record(parts.database, request.actor()));
    JsonWriter json;
    KS_CHECK(write_event(json, parts, shown.events.front(), shown.names));
    return http::Response::json(200, std::move(json).take());
}

http::Schema page_schema()
{
    return http::object({{"items", http::array(event_schema(), AuditSearchService::kPageMax)},
                         {"next_cursor", http::text(1, 1024).or_null()},
                         {"tail_cursor", http::text(1, 1024)}});
}

} // namespace

std::vector<http::QueryParameter> filter_parameters()
{
    using namespace http;
    return {
        {"actor", text(1, 320),
         "Who did it: an id, an e-mail address, or \"nobody\", \"operator\", \"system\""},
        {"account", text(1, 320), "Whom it concerns: an id or an e-mail address"},
        {"action", text(1, 64), "What was done: \"session.revoke\""},
        {"target", text(1, 200), "On what: an id"},
        {"ip", text(2, 45), "From which address, exactly"},
        {"outcome", enumeration({"ok", "refused", "failed"}), "How it ended"},
        {"text", text(1, 200), "Words of action, kind of target and plain details, all of them"},
        {"from", time(), "At that time or later"},
        {"before", time(), "Before that time"}};
}

void add_routes(http::Router& router, const RouteParts& parts)
{
    std::vector<http::QueryParameter> query = filter_parameters();
    query.push_back({"limit", http::integer(1, AuditSearchService::kPageMax),
                     "How many at most; 50 unless given. A page may hold fewer although more "
                     "follow: next_cursor says so"});
    query.push_back(
        {"cursor", http::text(1, 1024), "next_cursor of the page before: older events"});
    query.push_back(
        {"after", http::text(1, 1024),
         "tail_cursor of an earlier answer: what has been written since, oldest first"});
    router.add(
        {.method = http::Method::Get,
         .path = "/v1/admin/audit/events",
         .operation = "listAuditEvents",
         .tag = "Operator",
         .summary = "Events of the whole log, newest first, or what came after",
         .lane = http::LaneKind::Store,
         .access = http::Access::operator_only(),
         .limit = http::LimitGroup::Read,
         .body_bytes_max = std::size_t{0},
         .timing = http::TimingKind::Immediate,
         .query = std::move(query),
         .answers = {{200, page_schema(), "One page"}},
         .problems = {"audit-search/bad-filter", "request/invalid-cursor"},
         .audit = {kViewAction},
         .handler = [parts](const http::Request& request) { return list_events(parts, request); }});
    router.add(
        {.method = http::Method::Get,
         .path = "/v1/admin/audit/events/{id}",
         .operation = "loadAuditEvent",
         .tag = "Operator",
         .summary = "One event of the log",
         .lane = http::LaneKind::Store,
         .access = http::Access::operator_only(),
         .limit = http::LimitGroup::Read,
         .body_bytes_max = std::size_t{0},
         .timing = http::TimingKind::Immediate,
         .answers = {{200, event_schema(), "The event"}},
         .problems = {"audit/event-not-found"},
         .audit = {kViewAction},
         .handler = [parts](const http::Request& request) { return show_event(parts, request); }});
}

} // namespace keystead::audit_search
