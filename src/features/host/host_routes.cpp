#include "features/host/host_routes.h"

#include "features/host/host_view_routes.h"

#include <charconv>
#include <utility>

namespace keystead::host {
namespace {

using http::Access;
using http::LaneKind;
using http::LimitGroup;
using http::Method;
using http::Request;
using http::Response;
using http::TimingKind;

constexpr int kPageUsual = 50;
constexpr int kPageMax = 100;

Error no_team()
{
    return {ErrorKind::NotFound, "host/not-found", "There is no such team or server."};
}

http::Handler list_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        const auto cursor = request.query("cursor");
        const int limit = limit_of(request);
        KS_TRY(const auto views, p.database.read([&](ReadTx& tx) -> Result<std::vector<HostView>> {
            KS_TRY(const AccountId owner, owner_of(tx, p, request));
            return p.hosts.list(tx, owner, cursor ? HostId::parse(*cursor) : std::nullopt, limit);
        }));
        JsonWriter json;
        json.begin_object().key("items").begin_array();
        for (const HostView& view : views) {
            write_host(json, view, request.received_at);
        }
        json.end_array().key("next_cursor");
        if (static_cast<int>(views.size()) == limit) {
            json.value(views.back().host.id.text());
        } else {
            json.null();
        }
        return Response::json(200, std::move(json.end_object()).take());
    };
}

http::Handler one_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const HostId id, host_in_path(request));
        KS_TRY(const auto view, p.database.read([&](ReadTx& tx) -> Result<HostView> {
            KS_TRY(const AccountId owner, owner_of(tx, p, request));
            return p.hosts.load_one(tx, owner, id);
        }));
        return host_response(200, view, request.received_at);
    };
}

http::Handler logins_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const HostId id, host_in_path(request));
        const auto cursor = request.query("cursor");
        const int limit = limit_of(request);
        return p.database.read([&](ReadTx& tx) -> Result<Response> {
            KS_TRY(const AccountId owner, owner_of(tx, p, request));
            KS_TRY([[maybe_unused]] const Host host, p.hosts.find_or_refuse(tx, owner, id));
            KS_TRY(const auto names, key_names(tx, p, owner));
            KS_TRY(const auto logins,
                   p.reports.list_logins(
                       tx, id, cursor ? HostLoginId::parse(*cursor) : std::nullopt, limit));
            return login_page(logins, names, p.places, limit);
        });
    };
}

http::Route reading(const RouteParts& p, std::string_view path, std::string_view operation,
                    std::string_view summary, http::Answer answer, http::Handler handler)
{
    return {.method = Method::Get,
            .path = path,
            .operation = operation,
            .tag = kTag,
            .summary = summary,
            .lane = LaneKind::Store,
            .access = Access::owner_or_client(p.permission, ClientRight::Hosts),
            .limit = LimitGroup::Read,
            .body_bytes_max = std::size_t{0},
            .timing = TimingKind::Immediate,
            .answers = {std::move(answer)},
            .problems = {"host/not-found"},
            .handler = std::move(handler)};
}

void add_reading_routes(http::Router& router, const RouteParts& p)
{
    auto list =
        reading(p, "/v1/teams/{team}/hosts", "listHosts", "The team's servers, newest first",
                {200, http::list_of(host_schema()), "A page"}, list_handler(p));
    list.query = page_parameters("hst_");
    router.add(std::move(list));
    router.add(reading(p, "/v1/teams/{team}/hosts/{id}", "readHost", "One server",
                       {200, host_schema(), "The server"}, one_handler(p)));
    auto logins = reading(p, "/v1/teams/{team}/hosts/{id}/logins", "listHostLogins",
                          "Who logged in to a server, as it reports it, newest first",
                          {200, http::list_of(login_schema()), "A page"}, logins_handler(p));
    logins.query = page_parameters("lgn_");
    router.add(std::move(logins));
}

} // namespace

Result<AccountId> owner_of(ReadTx& tx, const RouteParts& p, const Request& request)
{
    const std::string_view text = request.path_parameter("team");
    std::optional<account::Account> owner;
    if (const auto team = TeamId::parse(text)) {
        KS_TRY(owner, p.accounts.find_by_team(tx, *team));
    } else if (const auto account = AccountId::parse(text)) {
        KS_TRY(owner, p.accounts.find(tx, *account));
    }
    if (!owner) {
        return no_team();
    }
#ifndef KEYSTEAD_WITHOUT_HOST_TEAM
    if (request.principal.kind != http::Principal::Kind::ServiceClient &&
        request.principal.account != owner->id) {
        return no_team();
    }
#endif
    return owner->id;
}

Result<HostId> host_in_path(const Request& request)
{
    const auto id = HostId::parse(request.path_parameter("id"));
    return id ? Result<HostId>(*id) : Result<HostId>(no_team());
}

int limit_of(const Request& request)
{
    int limit = kPageUsual;
    if (const auto text = request.query("limit")) { // Digits within bounds, by the declaration.
        std::from_chars(text->data(), text->data() + text->size(), limit);
    }
    return limit;
}

std::vector<http::QueryParameter> page_parameters(std::string_view cursor_prefix)
{
    return {{"limit", http::integer(1, kPageMax), "50 unless given"},
            {"cursor", http::identifier(cursor_prefix), "next_cursor of the page before"}};
}

Result<KeyNames> key_names(ReadTx& tx, const RouteParts& p, AccountId account)
{
    KS_TRY(const auto keys, p.ssh_keys.list(tx, account));
    KeyNames names;
    for (const ssh_key::SshKey& key : keys) {
        names.emplace(key.id, key.name);
    }
    return names;
}

void add_routes(http::Router& router, const RouteParts& parts)
{
    add_reading_routes(router, parts);
    add_changing_routes(router, parts);
    add_self_routes(router, parts);
    add_key_routes(router, parts);
}

} // namespace keystead::host
