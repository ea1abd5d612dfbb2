#include "features/api_token/api_token_routes.h"

#include "features/api_token/token_view_routes.h"
#include "features/idempotency/idempotency_routes.h"

#include <chrono>
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

constexpr std::string_view kTag = "API keys";
constexpr std::size_t kCreateBodyMax = 8192;
constexpr std::size_t kAddressesMax = 20;
constexpr std::int64_t kOverlapMax = std::chrono::seconds(std::chrono::days(30)).count();

Error invalid_member(std::string pointer, std::string_view code, std::string detail)
{
    Error error{ErrorKind::InvalidInput, code, detail};
    error.fields = {{std::move(pointer), code, std::move(detail)}};
    return error;
}

/// Absent: as the settings say; null: no end, where that is allowed.
Result<std::optional<Instant>> wanted_end(const Request& request, const ApiTokenSettings& settings)
{
    const auto given = request.body.optional_integer("expires_in_days");
    if (!given && !request.body.has("expires_in_days")) {
        return std::optional(request.received_at + settings.lifetime);
    }
    if (!given) {
        if (settings.lifetime_max) {
            return invalid_member("/expires_in_days", "token/lifetime-too-long",
                                  "Every API key has an end here.");
        }
        return std::optional<Instant>{};
    }
    const std::chrono::days lifetime{*given};
    if (settings.lifetime_max && lifetime > *settings.lifetime_max) {
        return invalid_member("/expires_in_days", "token/lifetime-too-long",
                              "That is longer than an API key may live here.");
    }
    return std::optional(request.received_at + lifetime);
}

Result<NewToken> wanted_token(const Request& request, const ApiTokenSettings& settings)
{
    NewToken wanted;
    wanted.name = request.body.text("name");
    wanted.kind = *kind_from_text(request.body.text("kind")); // The schema lists the four.
    if (const JsonValue* const names = request.body.value().find("permissions")) {
        for (const JsonValue& name : names->array()) {
            wanted.permissions.emplace_back(name.string());
        }
    }
    if (wanted.kind != Kind::Custom && !wanted.permissions.empty()) {
        return invalid_member("/permissions", "token/permissions-not-wanted",
                              "Only the kind \"custom\" takes permissions.");
    }
    if (const JsonValue* const addresses = request.body.value().find("addresses")) {
        for (std::size_t i = 0; i < addresses->array().size(); ++i) {
            const auto range = IpRange::parse(addresses->array()[i].string());
            if (!range) {
                return invalid_member("/addresses/" + std::to_string(i), "token/invalid-address",
                                      "This is no IP address and no range like 192.0.2.0/24.");
            }
            wanted.addresses.push_back(*range);
        }
    }
    KS_TRY(wanted.expires_at, wanted_end(request, settings));
    return wanted;
}

Response made_response(int status, const Made& made)
{
    JsonWriter json(512);
    json.begin_object()
        .member("id", made.token.id.text())
        .member("token", made.secret.reveal_text())
        .member("expires_at", made.token.expires_at)
        .member("old_secret_ends_at", made.old_secret_ends_at)
        .end_object();
    return Response::secret_json(status, std::move(json).take());
}

http::Handler list_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        const AccountId account = request.principal.account;
        return p.database.read([&](ReadTx& tx) -> Result<Response> {
            KS_TRY(const auto list, p.tokens.list(tx, account));
            KS_TRY(const auto uses, p.usage.usage(tx, account));
            const Usage none = p.usage.unused_yet();
            JsonWriter json;
            json.begin_object().key("items").begin_array();
            for (const Listed& listed : list) {
                const auto used = uses.find(listed.token.id);
                write_token(json,
                            {listed, used == uses.end() ? none : used->second,
                             p.usage.is_unused(listed), request.received_at},
                            p.permissions);
            }
            json.end_array().key("next_cursor").null().end_object();
            return Response::json(200, std::move(json).take());
        });
    };
}

http::Handler one_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const TokenId id, token_in_path(request));
        const AccountId account = request.principal.account;
        return p.database.read([&](ReadTx& tx) -> Result<Response> {
            KS_TRY(const Listed listed, p.tokens.load_one(tx, account, id));
            KS_TRY(const auto uses, p.usage.usage(tx, account));
            const auto used = uses.find(id);
            const Usage none = p.usage.unused_yet();
            JsonWriter json;
            write_token(json,
                        {listed, used == uses.end() ? none : used->second,
                         p.usage.is_unused(listed), request.received_at},
                        p.permissions);
            return Response::json(200, std::move(json).take());
        });
    };
}

http::Handler usage_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const TokenId id, token_in_path(request));
        const AccountId account = request.principal.account;
        return p.database.read([&](ReadTx& tx) -> Result<Response> {
            KS_TRY(const Listed listed, p.tokens.load_one(tx, account, id));
            KS_TRY(const auto uses, p.usage.usage(tx, account));
            const auto used = uses.find(id);
            JsonWriter json;
            write_usage(json, listed, used == uses.end() ? p.usage.unused_yet() : used->second);
            return Response::json(200, std::move(json).take());
        });
    };
}

http::Handler create_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const auto key, idempotency::key_of(request));
        KS_TRY(const NewToken wanted, wanted_token(request, p.settings));
        const AccountId account = request.principal.account;
        KS_TRY(const auto made, p.database.write([&](WriteTx& tx) -> Result<Made> {
            KS_CHECK(tx.lock(account)); // A repeat waits for the first, then hears of it.
            KS_CHECK(p.idempotency.check(tx, account, "createToken", key));
            KS_TRY(auto token, p.tokens.create(tx, request.actor(), account, wanted));
            KS_CHECK(p.idempotency.claim(tx, account, "createToken", key, token.token.id.text()));
            return token;
        }));
        return made_response(201, made);
    };
}

http::Handler rotate_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const TokenId id, token_in_path(request));
        KS_TRY(const auto key, idempotency::key_of(request));
        const auto given = request.body.optional_integer("overlap_seconds");
        const auto overlap = given ? std::chrono::seconds(*given) : p.settings.rotation_overlap;
        const AccountId account = request.principal.account;
        const std::string operation = "rotateToken " + id.text();
        KS_TRY(const auto made, p.database.write([&](WriteTx& tx) -> Result<Made> {
            KS_CHECK(tx.lock(account));
            KS_CHECK(p.idempotency.check(tx, account, operation, key));
            KS_TRY(auto token, p.tokens.rotate(tx, request.actor(), account, id, overlap));
            KS_CHECK(p.idempotency.claim(tx, account, operation, key, id.text()));
            return token;
        }));
        return made_response(200, made);
    };
}

/// DELETE and the like: what ends something must succeed on a full disk.
template <class Act> http::Handler ending_handler(const RouteParts& p, Act act)
{
    return [p, act](const Request& request) -> Result<Response> {
        KS_TRY(const TokenId id, token_in_path(request));
        KS_CHECK(p.database.write_essential(
            [&](WriteTx& tx) { return act(p.tokens, tx, request, id); }));
        return Response::no_content();
    };
}

http::Handler confirm_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const TokenId id, token_in_path(request));
        KS_CHECK(p.database.write([&](WriteTx& tx) {
            return p.tokens.confirm(tx, request.actor(), request.principal.account, id);
        }));
        return Response::no_content();
    };
}

http::Handler options_handler(const RouteParts& p)
{
    return [p](const Request&) -> Result<Response> {
        JsonWriter json;
        write_options(json, p.settings, p.permissions);
        return Response::json(200, std::move(json).take());
    };
}

http::Schema create_schema()
{
    using namespace http;
    return object({{"name", text(1, 100)},
                   {"kind", enumeration({"read-only", "deploy", "admin", "custom"})},
                   {"permissions", array(text(1, 64), 64), Presence::Optional},
                   {"expires_in_days", integer(1, 3650).or_null(), Presence::Optional},
                   {"addresses", array(text(2, 50), kAddressesMax), Presence::Optional}})
        .named("NewToken");
}

void add_reading_routes(http::Router& router, const RouteParts& p)
{
    const auto add = [&](std::string_view path, std::string_view operation,
                         std::string_view summary, http::Answer answer,
                         std::vector<std::string_view> problems, http::Handler handler) {
        router.add({.method = Method::Get,
                    .path = path,
                    .operation = operation,
                    .tag = kTag,
                    .summary = summary,
                    .lane = LaneKind::Store,
                    .access = Access::session_or_token(kReadAccount),
                    .limit = LimitGroup::Read,
                    .body_bytes_max = 0,
                    .timing = TimingKind::Immediate,
                    .answers = {std::move(answer)},
                    .problems = std::move(problems),
                    .handler = std::move(handler)});
    };
    add("/v1/account/tokens", "listTokens", "The account's API keys",
        {200, http::list_of(token_schema()), "The keys, newest first, without their secrets"}, {},
        list_handler(p));
    add("/v1/account/tokens/{id}", "readToken", "One API key", {200, token_schema(), "The key"},
        {"token/not-found"}, one_handler(p));
    add("/v1/account/tokens/{id}/usage", "readTokenUsage",
        "Where a key was last used, and how often on each of the last 90 days",
        {200, usage_schema(), "The uses, at most 30 s late"}, {"token/not-found"},
        usage_handler(p));
    add("/v1/account/token-options", "readTokenOptions", "What an API key can be made of",
        {200, options_schema(), "Permissions, kinds and lifetimes"}, {}, options_handler(p));
}

void add_making_routes(http::Router& router, const RouteParts& p)
{
    router.add(
        {.method = Method::Post,
         .path = "/v1/account/tokens",
         .operation = "createToken",
         .tag = kTag,
         .summary = "Make an API key; it is shown this once",
         .lane = LaneKind::Store,
         .access = Access::stepped_up(),
         .limit = LimitGroup::Write,
         .body_bytes_max = kCreateBodyMax,
         .timing = TimingKind::Immediate,
         .request = create_schema(),
         .answers = {{201, made_schema(), "Made"}},
         .problems = {"token/limit-reached", "token/exceeds-owner", "token/unknown-permission",
                      "token/kind-not-offered", "token/permissions-not-wanted",
                      "token/lifetime-too-long", "token/invalid-address",
                      "idempotency/already-done", "idempotency/invalid-key"},
         .audit = {"token.create"},
         .handler = create_handler(p)});
    router.add({.method = Method::Post,
                .path = "/v1/account/tokens/{id}/rotate",
                .operation = "rotateToken",
                .tag = kTag,
                .summary = "Give an API key a new secret; the old one works for a while more",
                .lane = LaneKind::Store,
                .access = Access::stepped_up(),
                .limit = LimitGroup::Write,
                .body_bytes_max = 256,
                .timing = TimingKind::Immediate,
                .request = http::object(
                    {{"overlap_seconds", http::integer(0, kOverlapMax), http::Presence::Optional}}),
                .answers = {{200, made_schema(), "The new secret, shown this once"}},
                .problems = {"token/not-found", "token/rotation-pending", "token/expired",
                             "idempotency/already-done", "idempotency/invalid-key"},
                .audit = {"token.rotate"},
                .handler = rotate_handler(p)});
    router.add({.method = Method::Post,
                .path = "/v1/account/tokens/{id}/confirm",
                .operation = "confirmToken",
                .tag = kTag,
                .summary = "Let an API key work again that a restored backup suspended",
                .lane = LaneKind::Store,
                .access = Access::stepped_up(),
                .limit = LimitGroup::Write,
                .body_bytes_max = 0,
                .timing = TimingKind::Immediate,
                .answers = {{204, http::no_body(), "It works again"}},
                .problems = {"token/not-found", "token/not-suspended"},
                .audit = {"token.confirm"},
                .handler = confirm_handler(p)});
}

void add_ending_routes(http::Router& router, const RouteParts& p)
{
    router.add({.method = Method::Delete,
                .path = "/v1/account/tokens/{id}",
                .operation = "revokeToken",
                .tag = kTag,
                .summary = "End an API key",
                .lane = LaneKind::Store,
                .access = Access::session(),
                .limit = LimitGroup::Write,
                .body_bytes_max = 0,
                .timing = TimingKind::Immediate,
                .answers = {{204, http::no_body(), "Ended; its next use is refused"}},
                .problems = {"token/not-found"},
                .audit = {"token.revoke"},
                .handler = ending_handler(p, [](ApiTokenService& tokens, WriteTx& tx,
                                                const Request& request, TokenId id) {
                    return tokens.revoke(tx, request.actor(), request.principal.account, id,
                                         "owner");
                })});
    router.add({.method = Method::Post,
                .path = "/v1/account/tokens/{id}/end-overlap",
                .operation = "endTokenOverlap",
                .tag = kTag,
                .summary = "End the old secret of a rotated API key now",
                .lane = LaneKind::Store,
                .access = Access::session(),
                .limit = LimitGroup::Write,
                .body_bytes_max = 0,
                .timing = TimingKind::Immediate,
                .answers = {{204, http::no_body(), "Ended; only the new secret works"}},
                .problems = {"token/not-found", "token/no-rotation"},
                .audit = {"token.end-overlap"},
                .handler = ending_handler(p, [](ApiTokenService& tokens, WriteTx& tx,
                                                const Request& request, TokenId id) {
                    return tokens.end_overlap(tx, request.actor(), request.principal.account, id);
                })});
}

} // namespace

Result<TokenId> token_in_path(const Request& request)
{
    const auto id = TokenId::parse(request.path_parameter("id"));
    if (!id) {
        return Error{ErrorKind::NotFound, "token/not-found", "There is no such token."};
    }
    return *id;
}

void add_routes(http::Router& router, const RouteParts& parts)
{
    add_reading_routes(router, parts);
    add_making_routes(router, parts);
    add_ending_routes(router, parts);
    add_surrender_route(router, parts);
}

} // namespace keystead::api_token
