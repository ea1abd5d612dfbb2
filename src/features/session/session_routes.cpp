#include "features/session/session_routes.h"

#include "features/client_device/client_device_routes.h"
#include "features/place/place_routes.h"

#include <utility>

namespace keystead::session {
namespace {

using namespace std::chrono_literals;
using http::Access;
using http::LaneKind;
using http::LimitGroup;
using http::TimingKind;

constexpr std::string_view kTag = "Sessions";

Result<SessionId> session_in_path(const http::Request& request)
{
    const auto id = SessionId::parse(request.path_parameter("id"));
    if (!id) {
        return Error{ErrorKind::NotFound, "session/not-found", "There is no such session."};
    }
    return *id;
}

http::Response cleared(http::Response response)
{
    response.cookies.push_back(cleared_session_cookie());
    return response;
}

http::Handler list_handler(Database& db, SessionService& sessions)
{
    return [&](const http::Request& request) -> Result<http::Response> {
        KS_TRY(const auto list,
               db.read([&](ReadTx& tx) { return sessions.list(tx, request.principal.account); }));
        JsonWriter json;
        json.begin_object().key("items").begin_array();
        for (const Session& session : list) {
            write_session(json, session, request.principal.session);
        }
        json.end_array().key("next_cursor").null().end_object();
        return http::Response::json(200, std::move(json).take());
    };
}

http::Handler revoke_handler(Database& db, SessionService& sessions)
{
    return [&](const http::Request& request) -> Result<http::Response> {
        KS_TRY(const auto id, session_in_path(request));
        KS_CHECK(db.write_essential([&](WriteTx& tx) {
            return sessions.revoke(tx, request.actor(), request.principal.account, id, "owner");
        }));
        auto response = http::Response::no_content();
        return id == request.principal.session ? cleared(std::move(response)) : response;
    };
}

http::Handler revoke_others_handler(Database& db, SessionService& sessions,
                                    account::Notices& notices)
{
    return [&](const http::Request& request) -> Result<http::Response> {
        const auto account = request.principal.account;
        KS_TRY(const int count, db.write_essential([&](WriteTx& tx) -> Result<int> {
            KS_TRY(const int ended, sessions.revoke_others(tx, request.actor(), account,
                                                           request.principal.session, "owner"));
            if (ended > 0) {
                KS_CHECK(notices.tell_owner(tx, request.actor(), account,
                                            notify::Purpose::SessionsEnded,
                                            {{"count", std::to_string(ended)}}));
            }
            return ended;
        }));
        JsonWriter json;
        json.begin_object().member("revoked", count).end_object();
        return http::Response::json(200, std::move(json).take());
    };
}

http::Handler revoke_all_handler(Database& db, SessionService& sessions, account::Notices& notices)
{
    return [&](const http::Request& request) -> Result<http::Response> {
        KS_CHECK(db.write_essential([&](WriteTx& tx) -> Result<void> {
            const auto account = request.principal.account;
            KS_CHECK(notices.tell_owner(tx, request.actor(), account,
                                        notify::Purpose::SessionsEnded, {{"count", "all"}}));
            return sessions.end_all(tx, request.actor(), account, "owner");
        }));
        return cleared(http::Response::no_content());
    };
}

http::Handler require_handler(Database& db, SessionService& sessions)
{
    return [&](const http::Request& request) -> Result<http::Response> {
        KS_TRY(const auto id, session_in_path(request));
        KS_CHECK(db.write_essential([&](WriteTx& tx) {
            return sessions.require_authentication(tx, request.actor(), request.principal.account,
                                                   id);
        }));
        return http::Response::no_content();
    };
}

} // namespace

Origin origin_of(const http::Request& request, client_device::ClientDeviceService& devices,
                 const place::PlaceService& places)
{
    const auto device = devices.describe(request.client_description());
    const auto place = places.find(request.client_address);
    return {.ip = request.client_address.text(),
            .place_kind = std::to_underlying(place.kind),
            .country_code = place.country_code,
            .city = place.city,
            .device_kind = std::to_underlying(device.kind),
            .browser = device.browser,
            .browser_version = device.browser_version,
            .system = device.system};
}

http::Schema session_schema()
{
    using namespace http;
    return object({{"id", identifier("ses_")},
                   {"current", boolean()},
                   {"created_at", time()},
                   {"last_active_at", time()},
                   {"authenticated_at", time()},
                   {"ip", text(2, 45)},
                   {"place", place::place_schema()},
                   {"device", client_device::device_schema()},
                   {"methods", array(text(1, 20), 5)},
                   {"remembered", boolean()},
                   {"shared_device", boolean()},
                   {"idle_expires_at", time().or_null()},
                   {"expires_at", time().or_null()},
                   {"must_authenticate", boolean()}})
        .named("Session");
}

void write_session(JsonWriter& json, const Session& session, std::optional<SessionId> current)
{
    const auto place_kind = static_cast<place::PlaceKind>(session.origin.place_kind);
    const auto country = place::country_name(session.origin.country_code);
    json.begin_object()
        .member("id", session.id.text())
        .member("current", current == session.id)
        .member("created_at", session.created_at)
        .member("last_active_at", session.last_active_at)
        .member("authenticated_at", session.authenticated_at)
        .member("ip", session.origin.ip);
    json.key("place");
    place::write_json(json,
                      {.kind = place_kind,
                       .country_code = session.origin.country_code,
                       .country_name = std::string(country.value_or(session.origin.country_code)),
                       .city = session.origin.city});
    json.key("device");
    client_device::write_json(
        json, {.kind = static_cast<client_device::DeviceKind>(session.origin.device_kind),
               .browser = session.origin.browser,
               .browser_version = session.origin.browser_version,
               .system = session.origin.system});
    json.key("methods").begin_array();
    for (const auto name : session.methods.names()) {
        json.value(name);
    }
    json.end_array()
        .member("remembered", session.trust == DeviceTrust::Remembered)
        .member("shared_device", session.trust == DeviceTrust::Shared)
        .member("idle_expires_at", session.idle_expires_at())
        .member("expires_at", session.expires_at)
        .member("must_authenticate", session.must_authenticate)
        .end_object();
}

http::Schema signed_in_schema()
{
    using namespace http;
    return object({{"status", enumeration({"signed-in"})},
                   {"account", object({{"id", identifier("acc_")},
                                       {"email", text(3, 320)},
                                       {"name", text(0, 200)}})},
                   {"session", object({{"id", identifier("ses_")},
                                       {"expires_at", time().or_null()},
                                       {"idle_expires_at", time().or_null()}})},
                   {"csrf_token", text(1, 100)},
                   {"offer_second_factor", boolean()}})
        .named("SignedIn");
}

http::Response signed_in(int status, const Established& established,
                         const account::Account& account, OfferSecondFactor offer)
{
    const Session& session = established.session;
    JsonWriter json;
    json.begin_object().member("status", "signed-in").key("account").begin_object();
    json.member("id", account.id.text())
        .member("email", account.email.text())
        .member("name", account.name)
        .end_object();
    json.key("session")
        .begin_object()
        .member("id", session.id.text())
        .member("expires_at", session.expires_at)
        .member("idle_expires_at", session.idle_expires_at())
        .end_object();
    json.member("csrf_token", established.csrf_token)
        .member("offer_second_factor", offer == OfferSecondFactor::Yes)
        .end_object();
    return http::Response::json(status, std::move(json).take())
        .with_cookie({.name = std::string(kSessionCookie),
                      .value = std::string(established.token.reveal_text()),
                      .max_age = established.cookie_max_age});
}

http::Cookie cleared_session_cookie()
{
    return {.name = std::string(kSessionCookie), .value = "", .max_age = 0s};
}

void add_routes(http::Router& router, Database& db, SessionService& sessions,
                account::Notices& notices)
{
    router.add({.method = http::Method::Get,
                .path = "/v1/account/sessions",
                .operation = "listSessions",
                .tag = kTag,
                .summary = "The account's live sessions",
                .lane = LaneKind::Store,
                .access = Access::session_or_token(kReadAccount),
                .limit = LimitGroup::Read,
                .body_bytes_max = 0,
                .timing = TimingKind::Immediate,
                .answers = {{200, http::list_of(session_schema()), "The sessions, newest first"}},
                .handler = list_handler(db, sessions)});
    router.add({.method = http::Method::Delete,
                .path = "/v1/account/sessions/{id}",
                .operation = "revokeSession",
                .tag = kTag,
                .summary = "End one session",
                .lane = LaneKind::Store,
                .access = Access::session(),
                .limit = LimitGroup::Write,
                .body_bytes_max = 0,
                .timing = TimingKind::Immediate,
                .answers = {{204, http::no_body(), "Ended; its next request is refused"}},
                .problems = {"session/not-found"},
                .audit = {"session.revoke"},
                .handler = revoke_handler(db, sessions)});
    router.add({.method = http::Method::Post,
                .path = "/v1/account/sessions/revoke-others",
                .operation = "revokeOtherSessions",
                .tag = kTag,
                .summary = "End every session but this one",
                .lane = LaneKind::Store,
                .access = Access::session(),
                .limit = LimitGroup::Write,
                .body_bytes_max = 0,
                .timing = TimingKind::Immediate,
                .answers = {{200, http::object({{"revoked", http::integer(0, 1'000'000)}}),
                             "How many ended"}},
                .audit = {"session.revoke-others"},
                .handler = revoke_others_handler(db, sessions, notices)});
    router.add({.method = http::Method::Post,
                .path = "/v1/account/sessions/revoke-all",
                .operation = "revokeAllSessions",
                .tag = kTag,
                .summary = "End every session, this one too",
                .lane = LaneKind::Store,
                .access = Access::stepped_up(),
                .limit = LimitGroup::Write,
                .body_bytes_max = 0,
                .timing = TimingKind::Immediate,
                .answers = {{204, http::no_body(), "All ended"}},
                .audit = {"session.revoke-all"},
                .handler = revoke_all_handler(db, sessions, notices)});
    router.add({.method = http::Method::Post,
                .path = "/v1/account/sessions/{id}/require-authentication",
                .operation = "requireSessionAuthentication",
                .tag = kTag,
                .summary = "Make one session prove its owner again before it goes on",
                .lane = LaneKind::Store,
                .access = Access::session(),
                .limit = LimitGroup::Write,
                .body_bytes_max = 0,
                .timing = TimingKind::Immediate,
                .answers = {{204, http::no_body(), "Required"}},
                .problems = {"session/not-found"},
                .audit = {"session.require-authentication"},
                .handler = require_handler(db, sessions)});
}

} // namespace keystead::session
