// features/host/host_key_routes.cpp
//
// Where an SSH key was used, and which servers have confirmed that it is refused.
#include "features/host/host_routes.h"
#include "features/host/host_view_routes.h"

#include <utility>

namespace keystead::host {
namespace {

using http::Request;
using http::Response;

Result<SshKeyId> key_in_path(const Request& request)
{
    const auto id = SshKeyId::parse(request.path_parameter("id"));
    if (!id) {
        return Error{ErrorKind::NotFound, "ssh-key/not-found", "There is no such SSH key."};
    }
    return *id;
}

http::Handler usage_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const SshKeyId id, key_in_path(request));
        const auto cursor = request.query("cursor");
        const int limit = limit_of(request);
        const AccountId account = request.principal.account;
        return p.database.read([&](ReadTx& tx) -> Result<Response> {
            KS_TRY(const auto names, key_names(tx, p, account));
            KS_TRY(const auto logins,
                   p.reports.list_uses(tx, account, id,
                                       cursor ? HostLoginId::parse(*cursor) : std::nullopt, limit));
            return login_page(logins, names, p.places, limit);
        });
    };
}

http::Handler servers_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const SshKeyId id, key_in_path(request));
        const AccountId account = request.principal.account;
        return p.database.read([&](ReadTx& tx) -> Result<Response> {
            KS_TRY(const auto names, key_names(tx, p, account));
            KS_TRY(auto servers, p.reports.servers_of(tx, account, id));
            p.hosts.complete(servers.removals);
            JsonWriter json;
            write_key_servers(json, servers, names, p.places);
            return Response::json(200, std::move(json).take());
        });
    };
}

http::Route reading(std::string_view path, std::string_view operation, std::string_view summary,
                    http::Answer answer, http::Handler handler)
{
    return {.method = http::Method::Get,
            .path = path,
            .operation = operation,
            .tag = "SSH keys",
            .summary = summary,
            .lane = http::LaneKind::Store,
            .access = http::Access::session_or_token(kReadAccount),
            .limit = http::LimitGroup::Read,
            .body_bytes_max = std::size_t{0},
            .timing = http::TimingKind::Immediate,
            .answers = {std::move(answer)},
            .problems = {"ssh-key/not-found"},
            .handler = std::move(handler)};
}

} // namespace

void add_key_routes(http::Router& router, const RouteParts& p)
{
    auto usage = reading("/v1/account/ssh-keys/{id}/usage", "readSshKeyUsage",
                         "Where an SSH key logged in, as servers report it, newest first",
                         {200, http::list_of(login_schema()), "A page"}, usage_handler(p));
    usage.query = page_parameters("lgn_");
    router.add(std::move(usage));
    router.add(reading("/v1/account/ssh-keys/{id}/servers", "readSshKeyServers",
                       "Which servers have confirmed that they refuse an SSH key that ended, and "
                       "where it is still logged in",
                       {200, key_servers_schema(), "Of the servers that it opened"},
                       servers_handler(p)));
}

} // namespace keystead::host
