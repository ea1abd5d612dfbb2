#include "features/securing/securing_routes.h"

#include "core/json.h"
#include "features/session/session_routes.h"
#include "http/schema.h"

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

constexpr std::size_t kServersMax = 1000;
constexpr std::int64_t kCountMax = 1'000'000;

http::Schema state_schema()
{
    using namespace http;
    const auto name =
        enumeration({"password", "second-factor", "tokens", "ssh-keys", "addresses", "activity"});
    return object({{"securing", boolean()},
                   {"since", time().or_null()},
                   {"step", enumeration({"password", "second-factor", "tokens", "ssh-keys",
                                         "addresses", "activity", "finish"})
                                .or_null()
                                .described("Where the owner stands")},
                   {"steps", array(object({{"name", name}, {"left", integer(0, kCountMax)}})
                                       .named("SecuringStep"),
                                   kSteps.size())},
                   {"account", object({{"id", identifier("acc_")}, {"email", text(3, 320)}})},
                   {"factors_frozen_until",
                    time().or_null().described("By \"this was not me\"; a password chosen by "
                                               "mail lifts it, so that the flow goes on")},
                   {"unconfirmed_servers", array(server_schema(), kServersMax)},
                   {"support",
                    object({{"url", text(0, 2048).or_null()}, {"email", text(0, 320).or_null()}})},
                   {"csrf_token", text(0, 100)}})
        .named("Securing");
}

void write_servers(JsonWriter& json, const std::vector<Server>& servers)
{
    json.key("unconfirmed_servers").begin_array();
    for (const Server& server : servers) {
        json.begin_object()
            .member("id", server.id)
            .member("name", server.name)
            .member("cache_ends_at", server.cache_ends_at)
            .end_object();
    }
    json.end_array();
}

void write_steps(JsonWriter& json, const std::optional<Progress>& progress)
{
    json.member("securing", progress.has_value());
    json.member("since", progress ? std::optional(progress->since) : std::nullopt);
    json.key("step");
    if (progress) {
        const auto current = progress->current();
        json.value(current ? text_of(*current) : std::string_view("finish"));
    } else {
        json.null();
    }
    json.key("steps").begin_array();
    for (const Step step : kSteps) {
        if (progress) {
            json.begin_object()
                .member("name", text_of(step))
                .member("left", std::uint64_t{progress->left_in(step)})
                .end_object();
        }
    }
    json.end_array();
}

std::optional<std::string> if_given(const std::string& text)
{
    return text.empty() ? std::nullopt : std::optional(text);
}

Result<Response> show(const RouteParts& p, const Request& request)
{
    const AccountId id = request.principal.account;
    JsonWriter json;
    KS_CHECK(p.database.read([&](ReadTx& tx) -> Result<void> {
        KS_TRY(const auto account, p.accounts.load(tx, id));
        KS_TRY(const auto progress, p.securing.progress(tx, id));
        std::vector<Server> servers;
        if (progress) {
            KS_TRY(servers, p.securing.unconfirmed_servers(tx, id));
        }
        json.begin_object();
        write_steps(json, progress);
        json.key("account")
            .begin_object()
            .member("id", account.id.text())
            .member("email", account.email.text())
            .end_object();
        json.member("factors_frozen_until", account.factors_frozen(p.clock.now())
                                                ? account.factors_frozen_until
                                                : std::nullopt);
        write_servers(json, servers);
        return {};
    }));
    json.key("support")
        .begin_object()
        .member("url", if_given(p.product.support_url))
        .member("email", if_given(p.product.support_email))
        .end_object()
        .member("csrf_token",
                p.sessions.csrf_token(request.cookie(session::kSessionCookie).value_or("")))
        .end_object();
    return Response::json(200, std::move(json).take());
}

Result<Response> freeze_own(const RouteParts& p, const Request& request)
{
    const Actor actor = request.actor();
    KS_TRY(const Frozen frozen, p.database.write_essential([&](WriteTx& tx) {
        return p.securing.freeze(tx, actor, actor.account, SecuringService::Asker::Owner);
    }));
    JsonWriter json;
    json.begin_object();
    write_frozen(json, frozen);
    json.member("csrf_token", frozen.own->csrf_token).end_object();
    return Response::json(200, std::move(json).take())
        .with_cookie({.name = std::string(session::kSessionCookie),
                      .value = std::string(frozen.own->token.reveal_text()),
                      .max_age = frozen.own->cookie_max_age});
}

Result<Response> finish(const RouteParts& p, const Request& request)
{
    KS_TRY(const auto finished, p.securing.finish(p.database, request.actor()));
    return session::signed_in(200, finished.session, finished.account,
                              session::OfferSecondFactor::No);
}

http::Schema frozen_schema()
{
    using namespace http;
    return object({{"account", identifier("acc_")},
                   {"since", time()},
                   {"sessions_ended", integer(0, kCountMax)},
                   {"tokens_suspended", integer(0, kCountMax)},
                   {"ssh_keys_suspended", integer(0, kCountMax)},
                   {"webhooks_suspended", integer(0, kCountMax)},
                   {"unconfirmed_servers", array(server_schema(), kServersMax)},
                   {"csrf_token", text(1, 100)}})
        .named("Frozen");
}

void add_freeze(http::Router& router, const RouteParts& p)
{
    router.add({.method = Method::Get,
                .path = "/v1/account/secure",
                .operation = "showSecuring",
                .tag = kTag,
                .summary = "Whether the account is being secured, and what is left to do",
                .lane = LaneKind::Store,
                .access = Access::session().even_when_restricted(),
                .limit = LimitGroup::Read,
                .body_bytes_max = std::size_t{0},
                .timing = TimingKind::Immediate,
                .answers = {{200, state_schema(), "Where the owner stands"}},
                .handler = [p](const Request& request) { return show(p, request); }});
    router.add(
        {.method = Method::Post,
         .path = "/v1/account/secure",
         .operation = "secureAccount",
         .tag = kTag,
         .summary = "\"My account was compromised\": freeze it at once; the session goes on as one "
                    "that opens nothing but the way back in",
         .lane = LaneKind::Store,
         .access = Access::stepped_up(),
         .limit = LimitGroup::Sensitive,
         .body_bytes_max = std::size_t{0},
         .timing = TimingKind::Immediate,
         .answers = {{200, frozen_schema(),
                      "Frozen: what ended, and the servers that have not confirmed it yet"}},
         .problems = {"session/not-found", "account/disabled"},
         .audit = {"account.secure", "session.revoke-all", "session.create", "token.suspend",
                   "ssh_key.suspend", "webhook.suspend", "password.require-change",
                   "totp.cancel-enrollment", "factor-reset.cancel", "account.unfreeze-factors"},
         .handler = [p](const Request& request) { return freeze_own(p, request); }});
}

void add_finish(http::Router& router, const RouteParts& p)
{
    router.add({.method = Method::Post,
                .path = "/v1/account/secure/finish",
                .operation = "finishSecuring",
                .tag = kTag,
                .summary = "Open the account again, when every step is done",
                .lane = LaneKind::Store,
                .access = Access::stepped_up().even_when_restricted(), // It opens the account.
                .limit = LimitGroup::Sensitive,
                .body_bytes_max = std::size_t{0},
                .timing = TimingKind::Immediate,
                .answers = {{200, session::signed_in_schema(), "Open; an ordinary session"}},
                .problems = {"securing/not-begun", "securing/not-done", "session/not-found"},
                .audit = {"account.secure-finish", "session.revoke-others", "session.renew"},
                .handler = [p](const Request& request) { return finish(p, request); }});
}

} // namespace

http::Schema server_schema()
{
    using namespace http;
    return object({{"id", text(1, 64)},
                   {"name", text(0, 200)},
                   {"cache_ends_at", time().or_null().described(
                                         "Until then at most it may go by what it knew before")}})
        .named("UnconfirmedServer");
}

void write_frozen(JsonWriter& json, const Frozen& frozen)
{
    json.member("account", frozen.account.id.text())
        .member("since", frozen.since)
        .member("sessions_ended", frozen.sessions)
        .member("tokens_suspended", frozen.tokens)
        .member("ssh_keys_suspended", frozen.ssh_keys)
        .member("webhooks_suspended", frozen.webhooks);
    write_servers(json, frozen.unconfirmed);
}

void add_routes(http::Router& router, const RouteParts& parts)
{
    add_freeze(router, parts);
    add_step_routes(router, parts);
    add_finish(router, parts);
    add_admin_routes(router, parts);
}

} // namespace keystead::securing
