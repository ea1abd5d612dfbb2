// features/host/host_change_routes.cpp
//
// What registers a server, changes it, enrolls it anew and ends it.
#include "features/host/host_routes.h"
#include "features/host/host_view_routes.h"
#include "features/idempotency/idempotency_routes.h"

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

constexpr std::size_t kBodyMax = 8192;
constexpr std::size_t kMadeBytes = 32 * 1024; // with the token in it: never grows

std::vector<std::string> texts_of(const JsonValue& list)
{
    std::vector<std::string> texts;
    for (const JsonValue& item : list.array()) {
        texts.emplace_back(item.string());
    }
    return texts;
}

std::vector<SshKeyId> keys_of(const JsonValue& list)
{
    std::vector<SshKeyId> keys;
    for (const JsonValue& item : list.array()) {
        keys.push_back(SshKeyId::parse(item.string()).value()); // The schema saw to it.
    }
    return keys;
}

NewHost wanted_host(const Request& request)
{
    const JsonValue& body = request.body.value();
    NewHost wanted{.name = std::string(request.body.text("name")),
                   .login_users = texts_of(*body.find("login_users")),
                   .keys = std::nullopt,
                   .by = request.principal.kind == http::Principal::Kind::ServiceClient
                             ? CreatedBy::Product
                             : CreatedBy::Owner};
    if (const JsonValue* const keys = body.find("ssh_keys"); keys != nullptr && !keys->is_null()) {
        wanted.keys = keys_of(*keys);
    }
    return wanted;
}

HostChange wanted_change(const Request& request)
{
    const JsonValue& body = request.body.value();
    HostChange wanted;
    if (const auto name = request.body.optional_text("name")) {
        wanted.name = std::string(*name);
    }
    if (const JsonValue* const users = body.find("login_users")) {
        wanted.login_users = texts_of(*users);
    }
    if (const JsonValue* const keys = body.find("ssh_keys")) {
        wanted.keys = keys->is_null() ? HostChange::Keys::All : HostChange::Keys::Chosen;
        if (!keys->is_null()) {
            wanted.chosen = keys_of(*keys);
        }
    }
    return wanted;
}

Response made_response(const RouteParts& p, const HostView& view, const Made& made, Instant now)
{
    JsonWriter json(kMadeBytes);
    write_made(json, view, made, {p.server_url, p.pins(), made.answer_key}, now);
    return Response::secret_json(201, std::move(json).take());
}

struct MadeView {
    Made made;
    HostView view;
};

http::Handler create_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const auto key, idempotency::key_of(request));
        const NewHost wanted = wanted_host(request);
        // The owner's keys and the product's are not each other's.
        const std::string operation =
            wanted.by == CreatedBy::Product ? "createHost by product" : "createHost";
        KS_TRY(const auto done, p.database.write([&](WriteTx& tx) -> Result<MadeView> {
            KS_TRY(const AccountId owner, owner_of(tx, p, request));
            KS_CHECK(tx.lock(owner)); // A repeat waits for the first, then hears of it.
            KS_CHECK(p.idempotency.check(tx, owner, operation, key));
            KS_TRY(auto made, p.hosts.create(tx, request.actor(), owner, wanted));
            KS_CHECK(p.idempotency.claim(tx, owner, operation, key, made.host.id.text()));
            KS_TRY(auto view, p.hosts.load_one(tx, owner, made.host.id));
            return MadeView{std::move(made), std::move(view)};
        }));
        return made_response(p, done.view, done.made, request.received_at);
    };
}

http::Handler renew_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const HostId id, host_in_path(request));
        KS_TRY(const auto key, idempotency::key_of(request));
        const std::string operation = "renewHostEnrolment " + id.text();
        KS_TRY(const auto done, p.database.write([&](WriteTx& tx) -> Result<MadeView> {
            KS_TRY(const AccountId owner, owner_of(tx, p, request));
            KS_CHECK(tx.lock(owner));
            KS_CHECK(p.idempotency.check(tx, owner, operation, key));
            KS_TRY(auto made, p.hosts.renew_enrolment(tx, request.actor(), owner, id));
            KS_CHECK(p.idempotency.claim(tx, owner, operation, key, id.text()));
            KS_TRY(auto view, p.hosts.load_one(tx, owner, id));
            return MadeView{std::move(made), std::move(view)};
        }));
        return made_response(p, done.view, done.made, request.received_at);
    };
}

http::Handler change_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const HostId id, host_in_path(request));
        const HostChange wanted = wanted_change(request);
        KS_TRY(const auto view, p.database.write([&](WriteTx& tx) -> Result<HostView> {
            KS_TRY(const AccountId owner, owner_of(tx, p, request));
            KS_CHECK(p.hosts.change(tx, request.actor(), owner, id, wanted));
            return p.hosts.load_one(tx, owner, id);
        }));
        return host_response(200, view, request.received_at);
    };
}

/// What ends something must succeed on a full disk.
http::Handler remove_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const HostId id, host_in_path(request));
        KS_CHECK(p.database.write_essential([&](WriteTx& tx) -> Result<void> {
            KS_TRY(const AccountId owner, owner_of(tx, p, request));
            return p.hosts.remove(tx, request.actor(), owner, id);
        }));
        return Response::no_content();
    };
}

http::Handler confirm_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const HostId id, host_in_path(request));
        KS_CHECK(p.database.write([&](WriteTx& tx) -> Result<void> {
            KS_TRY(const AccountId owner, owner_of(tx, p, request));
            return p.hosts.confirm(tx, request.actor(), owner, id);
        }));
        return Response::no_content();
    };
}

http::Schema new_host_schema()
{
    using namespace http;
    return object({{"name", text(1, 100)},
                   {"login_users", array(text(1, kLoginUserBytesMax), kLoginUsersMax)},
                   {"ssh_keys", array(identifier("ssh_"), kChosenKeysMax).or_null(),
                    Presence::Optional}})
        .named("NewHost");
}

http::Schema change_schema()
{
    using namespace http;
    return object({{"name", text(1, 100), Presence::Optional},
                   {"login_users", array(text(1, kLoginUserBytesMax), kLoginUsersMax),
                    Presence::Optional},
                   {"ssh_keys", array(identifier("ssh_"), kChosenKeysMax).or_null(),
                    Presence::Optional}})
        .named("HostChange");
}

http::Route changing(const RouteParts& p, Method method, std::string_view path,
                     std::string_view operation, std::string_view summary, http::Answer answer,
                     std::vector<std::string_view> audit, http::Handler handler)
{
    return {.method = method,
            .path = path,
            .operation = operation,
            .tag = kTag,
            .summary = summary,
            .lane = LaneKind::Store,
            .access = Access::stepped_up_owner_or_client(p.permission, ClientRight::Hosts),
            .limit = LimitGroup::Write,
            .body_bytes_max = std::size_t{0},
            .timing = TimingKind::Immediate,
            .answers = {std::move(answer)},
            .problems = {"host/not-found"},
            .audit = std::move(audit),
            .handler = std::move(handler)};
}

} // namespace

void add_changing_routes(http::Router& router, const RouteParts& p)
{
    auto create = changing(p, Method::Post, "/v1/teams/{team}/hosts", "createHost",
                           "Register a server; what enrolls it is shown this once",
                           {201, made_schema(), "Registered"}, {"host.create"}, create_handler(p));
    create.body_bytes_max = kBodyMax;
    create.request = new_host_schema();
    create.problems = {"host/not-found",  "host/limit-reached",       "host/unknown-key",
                       "host/login-user", "idempotency/already-done", "idempotency/invalid-key"};
    router.add(std::move(create));
    auto change = changing(p, Method::Patch, "/v1/teams/{team}/hosts/{id}", "changeHost",
                           "Change a server's name, its login users or whose keys open it",
                           {200, host_schema(), "Changed"}, {"host.change", "host.rename"},
                           change_handler(p));
    change.body_bytes_max = kBodyMax;
    change.request = change_schema();
    change.problems = {"host/not-found", "host/unknown-key", "host/login-user"};
    router.add(std::move(change));
    router.add(changing(p, Method::Delete, "/v1/teams/{team}/hosts/{id}", "removeHost",
                        "End a server's rental: its tokens and keys end with it",
                        {204, http::no_body(), "Removed"}, {"host.remove"}, remove_handler(p)));
    auto renew =
        changing(p, Method::Post, "/v1/teams/{team}/hosts/{id}/enrolment", "renewHostEnrolment",
                 "Enroll a server anew: its token and the enrolment token before end",
                 {201, made_schema(), "What enrolls it, shown this once"}, {"host.renew-enrolment"},
                 renew_handler(p));
    renew.problems = {"host/not-found", "idempotency/already-done", "idempotency/invalid-key"};
    router.add(std::move(renew));
    auto confirm = changing(p, Method::Post, "/v1/teams/{team}/hosts/{id}/confirm", "confirmHost",
                            "Let a server in again that a restored backup suspended",
                            {204, http::no_body(), "It hears of keys again"}, {"host.confirm"},
                            confirm_handler(p));
    confirm.problems = {"host/not-found", "host/not-suspended"};
    router.add(std::move(confirm));
}

} // namespace keystead::host
