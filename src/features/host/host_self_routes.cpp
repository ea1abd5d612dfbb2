// features/host/host_self_routes.cpp
//
// What servers ask and tell, each by its own token. Polled every two seconds by each: the snapshot
// is answered from memory.
#include "core/encoding.h"
#include "core/function_ref.h"
#include "crypto/hash.h"
#include "features/host/host_routes.h"
#include "features/host/host_view_routes.h"
#include "features/host/snapshot.h"

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

constexpr std::size_t kReportsMax = 100;
constexpr std::size_t kReportBodyMax = 128 * 1024;
constexpr std::size_t kEnrollBodyMax = 32 * 1024;
constexpr std::size_t kEndBodyMax = 512;
constexpr std::size_t kIdentityMax = 16;
constexpr std::size_t kIdentityLineMax = 2048;

Holder holder_of(const Request& request)
{
    return {request.principal.host, request.principal.account};
}

Response text_response(std::string body)
{
    return {.status = 200, .content_type = "text/plain; charset=utf-8", .body = std::move(body)};
}

http::Handler enroll_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        Enrolment what{.agent_version = std::string(request.body.text("agent_version"))};
        if (const auto name = request.body.optional_text("host_name")) {
            what.machine_name = std::string(*name);
        }
        if (const JsonValue* const keys = request.body.value().find("ssh_host_keys")) {
            for (const JsonValue& key : keys->array()) {
                what.host_keys.emplace_back(key.string());
            }
        }
        KS_TRY(const auto enrolled, p.database.write([&](WriteTx& tx) {
            return p.hosts.enroll(tx, request.actor(), holder_of(request),
                                  request.principal.token_digest, what);
        }));
        JsonWriter json(1024);
        json.begin_object()
            .member("host", request.principal.host.text())
            .member("token", enrolled.token.reveal_text())
            .member("answer_key", base64_encode(enrolled.answer_key))
            .member("poll_seconds", static_cast<std::int64_t>(kPollEvery.count()))
            .member("statement_seconds", static_cast<std::int64_t>(kStatementLifetime.count()))
            .end_object();
        return Response::secret_json(201, std::move(json).take());
    };
}

http::Handler snapshot_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(auto text, p.contents.snapshot(p.database, holder_of(request),
                                              request.query("have").value_or("")));
        return text_response(std::move(text));
    };
}

/// `make`'s answer with an ETag, or 304 to who has that one (RFC 9110 §13.1.2).
Response unless_known(const Request& request, std::string_view tag, function_ref<Response()> make)
{
    const std::string etag = '"' + std::string(tag) + '"';
    Response response = request.header("if-none-match") == etag ? Response{.status = 304} : make();
    return std::move(response).with_header("ETag", etag);
}

http::Handler authorized_keys_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const auto content, p.contents.content(p.database, holder_of(request)));
        if (content->is_too_much) {
            return Error{
                ErrorKind::LimitReached, "host/too-many-keys",
                "That is more than a server takes: choose its keys, or fewer login users."};
        }
        // A tag counts for one URL, in which stands what else the lines depend on.
        return unless_known(request, hex_encode(content->digest), [&] {
            return text_response(authorized_keys(*content, request.query("user").value_or(""),
                                                 request.query("fingerprint").value_or("")));
        });
    };
}

http::Handler krl_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const auto content, p.contents.content(p.database, holder_of(request)));
        const Bytes krl = krl_of(*content);
        return unless_known(request, hex_encode(crypto::sha256(krl)), [&] {
            return Response{.status = 200,
                            .content_type = "application/octet-stream",
                            .body = std::string(as_text(krl))};
        });
    };
}

Instant time_of(const JsonValue& item, std::string_view name)
{
    return parse_rfc3339(item.find(name)->string()).value(); // The schema saw to it.
}

std::string text_of(const JsonValue& item, std::string_view name)
{
    return std::string(item.find(name)->string());
}

Result<void> check_login_id(std::string_view id)
{
    if (id.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") !=
        std::string_view::npos) {
        return Error{ErrorKind::InvalidInput, "host/login-id",
                     "A login's id is made of letters, digits and hyphens."};
    }
    return {};
}

Result<Report> report_of(const Request& request)
{
    Report report;
    if (const auto applied = request.body.optional_text("applied")) {
        report.applied = std::string(*applied);
    }
    if (const JsonValue* const logins = request.body.value().find("logins")) {
        for (const JsonValue& item : logins->array()) {
            KS_CHECK(check_login_id(item.find("id")->string()));
            report.logins.push_back({.login_id = text_of(item, "id"),
                                     .login_user = text_of(item, "login_user"),
                                     .fingerprint = text_of(item, "fingerprint"),
                                     .address = text_of(item, "address"),
                                     .began_at = time_of(item, "began_at")});
        }
    }
    if (const JsonValue* const ended = request.body.value().find("ended")) {
        for (const JsonValue& item : ended->array()) {
            const bool by_removal = item.find("by") != nullptr && !item.find("by")->is_null();
            report.ended.push_back({text_of(item, "id"), time_of(item, "ended_at"),
                                    by_removal ? EndedBy::Removal : EndedBy::Itself});
        }
    }
    return report;
}

http::Handler report_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const Report report, report_of(request));
        KS_CHECK(p.reports.take(p.database, request.actor(), holder_of(request), report));
        return Response::no_content();
    };
}

http::Handler end_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        const Secret token = request.body.secret("token");
        KS_TRY(auto text, p.hosts.prove_end(p.database, token.reveal_text()));
        return text_response(std::move(text));
    };
}

http::Schema report_schema()
{
    using namespace http;
    return object({{"applied", text(64, 64).described("Digest of the content that the server has"),
                    Presence::Optional},
                   {"logins",
                    array(object({{"id", text(1, 64)},
                                  {"login_user", text(1, 255)},
                                  {"fingerprint", text(1, 100)},
                                  {"address", text(0, 255)},
                                  {"began_at", time()}}),
                          kReportsMax),
                    Presence::Optional},
                   {"ended",
                    array(object({{"id", text(1, 64)},
                                  {"ended_at", time()},
                                  {"by", enumeration({"removal"}).or_null(), Presence::Optional}}),
                          kReportsMax),
                    Presence::Optional}})
        .named("HostReport");
}

http::Route asking(std::string_view path, std::string_view operation, std::string_view summary,
                   http::Answer answer, http::Handler handler)
{
    return {.method = Method::Get,
            .path = path,
            .operation = operation,
            .tag = kTag,
            .summary = summary,
            .lane = LaneKind::Store,
            .access = Access::host(),
            .limit = LimitGroup::Read,
            .body_bytes_max = std::size_t{0},
            .timing = TimingKind::Immediate,
            .answers = {std::move(answer)},
            .problems = {"host/suspended"},
            .handler = std::move(handler)};
}

http::Answer unchanged()
{
    return {304, http::no_body(), "The client has it: If-None-Match names its ETag"};
}

void add_telling_routes(http::Router& router, const RouteParts& p)
{
    using namespace http;
    router.add({.method = Method::Post,
                .path = "/v1/hosts/enroll",
                .operation = "enrollHost",
                .tag = kTag,
                .summary = "Change an enrolment token for a server's own, once",
                .lane = LaneKind::Store,
                .access = Access::enrolment(),
                .limit = LimitGroup::Write,
                .body_bytes_max = kEnrollBodyMax,
                .timing = TimingKind::Immediate,
                .request = object({{"agent_version", text(1, 100)},
                                   {"host_name", text(1, 255), Presence::Optional},
                                   {"ssh_host_keys", array(text(1, kIdentityLineMax), kIdentityMax),
                                    Presence::Optional}})
                               .named("HostEnrolment"),
                .answers = {{201, enrolled_schema(), "The server's token, shown this once"}},
                .problems = {"host/required"},
                .audit = {"host.enroll"},
                .handler = enroll_handler(p)});
    // For everyone, since the token opens nothing any more: it is the subject, not the key.
    router.add({.method = Method::Post,
                .path = "/v1/hosts/ended",
                .operation = "proveHostEnd",
                .tag = kTag,
                .summary = "A signed statement that a server's token is over",
                .lane = LaneKind::Store,
                .access = Access::everyone(),
                .limit = LimitGroup::Read,
                .body_bytes_max = kEndBodyMax,
                .timing = TimingKind::Immediate,
                .request = object({{"token", secret_text(200)}}).named("HostEnd"),
                .answers = {{200, no_body(), "The statement", {"text/plain"}}},
                .problems = {"host/required", "host/not-ended", "host/suspended"},
                .handler = end_handler(p)});
    router.add(
        {.method = Method::Post,
         .path = "/v1/hosts/self/reports",
         .operation = "reportHost",
         .tag = kTag,
         .summary = "What a server has taken over, and who logged in; repeats change nothing",
         .lane = LaneKind::Store,
         .access = Access::host(),
         .limit = LimitGroup::Write,
         .body_bytes_max = kReportBodyMax,
         .timing = TimingKind::Immediate,
         .request = report_schema(),
         .answers = {{204, no_body(), "Taken"}},
         .problems = {"host/required", "host/login-id", "host/suspended", "host/too-many-logins"},
         .audit = {"ssh_key.use", "ssh_key.apply"},
         .handler = report_handler(p)});
}

} // namespace

void add_self_routes(http::Router& router, const RouteParts& p)
{
    auto snapshot = asking("/v1/hosts/self/snapshot", "readHostSnapshot",
                           "The signed list of a server's keys and revoked keys",
                           {200,
                            http::no_body(),
                            "A statement, and what it is about unless the "
                            "server has it",
                            {"text/plain"}},
                           snapshot_handler(p));
    snapshot.query = {{"have", http::text(0, 64), "Digest of the content that the server has"}};
    router.add(std::move(snapshot));
    auto keys = asking("/v1/hosts/self/authorized-keys", "readHostAuthorizedKeys",
                       "A login user's keys as authorized_keys has them",
                       {200, http::no_body(), "A line a key, with an ETag", {"text/plain"}},
                       authorized_keys_handler(p));
    keys.answers.push_back(unchanged());
    keys.problems.emplace_back("host/too-many-keys");
    keys.query = {{"user", http::text(1, kLoginUserBytesMax), "The login user"},
                  {"fingerprint", http::text(1, 100), "That key alone; as ssh-keygen -l shows it"}};
    router.add(std::move(keys));
    auto krl = asking("/v1/hosts/self/krl", "readHostKrl",
                      "What the server must refuse, as OpenSSH's RevokedKeys",
                      {200,
                       http::no_body(),
                       "A binary list (PROTOCOL.krl), with an ETag",
                       {"application/octet-stream"}},
                      krl_handler(p));
    krl.answers.push_back(unchanged());
    router.add(std::move(krl));
    add_telling_routes(router, p);
}

} // namespace keystead::host
