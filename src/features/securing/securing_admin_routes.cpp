#include "core/json.h"
#include "features/securing/securing_routes.h"
#include "http/schema.h"

#include <string>
#include <utility>

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
constexpr std::size_t kAccountsMax = 100;
constexpr std::size_t kBodyBytes = 49'152;
constexpr std::int64_t kCountMax = 1'000'000;

http::Schema frozen_schema()
{
    using namespace http;
    return object({{"account", identifier("acc_")},
                   {"since", time()},
                   {"sessions_ended", integer(0, kCountMax)},
                   {"tokens_suspended", integer(0, kCountMax)},
                   {"ssh_keys_suspended", integer(0, kCountMax)},
                   {"webhooks_suspended", integer(0, kCountMax)},
                   {"unconfirmed_servers", array(server_schema(), kServersMax)}})
        .named("FrozenAccount");
}

Result<account::Account> named_account(ReadTx& tx, account::AccountService& accounts,
                                       std::string_view name)
{
    if (const auto id = AccountId::parse(name)) {
        return accounts.load(tx, *id);
    }
    const auto email = account::EmailAddress::parse(name);
    if (email) {
        KS_TRY(auto found, accounts.find_by_email(tx, *email));
        if (found) {
            return *std::move(found);
        }
    }
    return Error{ErrorKind::NotFound, "account/not-found", "There is no such account."};
}

/// One account, in a transaction of its own: a list is not held up by one that is not there.
Result<Frozen> freeze_named(const RouteParts& p, const Actor& actor, std::string_view name)
{
    return p.database.write_essential([&](WriteTx& tx) -> Result<Frozen> {
        KS_TRY(const auto account, named_account(tx, p.accounts, name));
        if (account.id == actor.account) {
            return Error{ErrorKind::Conflict, "account/self",
                         "Freeze your own account as its owner does."};
        }
        return p.securing.freeze(tx, actor, account.id, SecuringService::Asker::Operator);
    });
}

Result<Response> freeze_one(const RouteParts& p, const Request& request)
{
    KS_TRY(const Frozen frozen, freeze_named(p, request.actor(), request.path_parameter("id")));
    JsonWriter json;
    json.begin_object();
    write_frozen(json, frozen);
    json.end_object();
    return Response::json(200, std::move(json).take());
}

Result<Response> freeze_list(const RouteParts& p, const Request& request)
{
    std::vector<std::string_view> names;
    for (const JsonValue& name : request.body.value().find("accounts")->array()) {
        names.push_back(name.string());
    }
    KS_TRY(const auto outcomes, freeze_each(names, [&](std::string_view name) {
               return freeze_named(p, request.actor(), name);
           }));
    JsonWriter json;
    json.begin_object().key("items").begin_array();
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto& frozen = outcomes[i];
        json.begin_object().member("asked", names[i]);
        json.member("problem", frozen ? std::nullopt : std::optional(frozen.error().code));
        json.key("frozen");
        if (frozen) {
            json.begin_object();
            write_frozen(json, *frozen);
            json.end_object();
        } else {
            json.null();
        }
        json.end_object();
    }
    json.end_array().end_object();
    return Response::json(200, std::move(json).take());
}

http::Schema outcome_schema()
{
    using namespace http;
    return object({{"asked", text(0, 320)},
                   {"problem", text(1, 64).or_null().described("Why it was not frozen")},
                   {"frozen", frozen_schema().or_null()}})
        .named("FreezeOutcome");
}

} // namespace

Result<std::vector<Result<Frozen>>> freeze_each(
    const std::vector<std::string_view>& names,
    const std::function<Result<Frozen>(std::string_view)>& freeze)
{
    std::vector<Result<Frozen>> outcomes;
    std::optional<Error> failed;
    bool any = false;
    for (const std::string_view name : names) {
        outcomes.push_back(failed ? Result<Frozen>(*failed) : freeze(name));
        const auto& last = outcomes.back();
        any = any || last.has_value();
        if (!last && (last.error().kind == ErrorKind::Unavailable ||
                      last.error().kind == ErrorKind::Internal)) {
            failed = last.error();
        }
    }
    if (failed && !any) {
        return *std::move(failed);
    }
    return outcomes;
}

void add_admin_routes(http::Router& router, const RouteParts& p)
{
    const std::vector<std::string_view> recorded{
        "account.secure",         "session.revoke-all", "token.suspend",
        "ssh_key.suspend",        "webhook.suspend",    "password.require-change",
        "totp.cancel-enrollment", "factor-reset.cancel"};
    router.add({.method = Method::Post,
                .path = "/v1/admin/accounts/{id}/secure",
                .operation = "secureAccountOf",
                .tag = "Operator",
                .summary = "Freeze a compromised account; its owner is told how to go on",
                .lane = LaneKind::Store,
                .access = Access::stepped_up_operator(),
                .limit = LimitGroup::Write,
                .body_bytes_max = std::size_t{0},
                .timing = TimingKind::Immediate,
                .answers = {{200, frozen_schema(), "Frozen: what ended"}},
                .problems = {"account/not-found", "account/self", "account/disabled"},
                .audit = recorded,
                .handler = [p](const Request& request) { return freeze_one(p, request); }});
    router.add({.method = Method::Post,
                .path = "/v1/admin/secure",
                .operation = "secureAccounts",
                .tag = "Operator",
                .summary = "Freeze a list of compromised accounts, each by itself",
                .lane = LaneKind::Store,
                .access = Access::stepped_up_operator(),
                .limit = LimitGroup::Write,
                .body_bytes_max = kBodyBytes,
                .timing = TimingKind::Immediate,
                .request = http::object({{"accounts", http::array(http::text(1, 320), kAccountsMax)
                                                          .described("Ids or e-mail addresses")}})
                               .named("SecureAccounts"),
                .answers = {{200,
                             http::object({{"items", http::array(outcome_schema(), kAccountsMax)}})
                                 .named("FreezeOutcomes"),
                             "What came of each, in the same order"}},
                .audit = recorded,
                .handler = [p](const Request& request) { return freeze_list(p, request); }});
}

} // namespace keystead::securing
