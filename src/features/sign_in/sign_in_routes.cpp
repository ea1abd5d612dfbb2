#include "features/sign_in/sign_in_routes.h"

#include <chrono>
#include <string>
#include <utility>

namespace keystead::sign_in {
namespace {

using namespace std::chrono_literals;
using http::Access;
using http::LaneKind;
using http::LimitGroup;
using http::Method;
using http::TimingKind;
using session::OfferSecondFactor;

constexpr std::string_view kTag = "Sign-in";
constexpr std::chrono::hours kDeviceCookieAge{400 * 24};

http::Cookie flow_cookie(const sign_in_flow::Begun& flow)
{
    return {.name = std::string(kFlowCookie),
            .value = std::string(flow.token.reveal_text()),
            .max_age = sign_in_flow::kLifetime};
}

http::Cookie cleared_flow_cookie()
{
    return {.name = std::string(kFlowCookie), .value = "", .max_age = 0s};
}

http::Response second_factor_owed(const SecondFactorOwed& owed)
{
    JsonWriter json;
    json.begin_object()
        .member("status", "second-factor")
        .key("methods")
        .begin_array()
        .value("totp")
        .value("backup-code")
        .end_array()
        .member("csrf_token", owed.flow.csrf_token)
        .end_object();
    return http::Response::json(200, std::move(json).take()).with_cookie(flow_cookie(owed.flow));
}

// The list travels as members of the problem document; the flow's cookie travels beside it.
http::Response sessions_full(const SessionsFull& full, std::string_view csrf_token)
{
    JsonWriter list;
    list.begin_array();
    for (const auto& session : full.sessions) {
        session::write_session(list, session, std::nullopt);
    }
    list.end_array();
    JsonWriter csrf;
    csrf.value(csrf_token);
    Error error{ErrorKind::LimitReached, "session/limit-reached",
                "You are signed in on as many devices as are allowed. Choose one to end."};
    error.extension =
        "\"sessions\":" + std::move(list).take() + ",\"csrf_token\":" + std::move(csrf).take();
    auto response = http::Response::refused(std::move(error));
    if (full.flow) {
        response.cookies.push_back(flow_cookie(*full.flow));
    }
    return response;
}

Result<http::Response> respond(const http::Request& request, const Outcome& outcome,
                               const RouteParts& parts)
{
    if (const auto* const done = std::get_if<SignedIn>(&outcome)) {
        auto response = signed_in_response(200, *done, OfferSecondFactor::No);
        if (request.cookie(kFlowCookie)) {
            response.cookies.push_back(cleared_flow_cookie());
        }
        return response;
    }
    if (const auto* const owed = std::get_if<SecondFactorOwed>(&outcome)) {
        return second_factor_owed(*owed);
    }
    if (const auto* const full = std::get_if<SessionsFull>(&outcome)) {
        const auto held = request.cookie(kFlowCookie).value_or("");
        return sessions_full(*full,
                             full->flow ? full->flow->csrf_token : parts.flows.csrf_token(held));
    }
    if (std::holds_alternative<ChangeRequired>(outcome)) {
        return Error{ErrorKind::Forbidden, "password/change-required",
                     "This password is no longer safe. Choose a new one by “forgotten password”."};
    }
    if (std::holds_alternative<WrongCode>(outcome)) {
        return Error{ErrorKind::Unauthenticated, "sign-in/wrong-code", "That code is not valid."};
    }
    return Error{ErrorKind::Unauthenticated, "sign-in/wrong-credentials",
                 "E-mail address or password is wrong."};
}

http::Handler sign_in_handler(const RouteParts& parts)
{
    return [parts](const http::Request& request) -> Result<http::Response> {
        const Whence whence = whence_of(request, parts);
        const Secret typed = request.body.secret("password");
        const auto email = request.body.text("email");
        const Actor actor = request.actor();
        KS_TRY(const auto beginning, parts.database.write([&](WriteTx& tx) {
            return parts.sign_in.begin(tx, actor, email, whence);
        }));
        if (const auto* const spent = std::get_if<TooManyAttempts>(&beginning)) {
            return too_many_attempts("sign-in/too-many-attempts", spent->retry_after);
        }
        const auto& begun = std::get<Begun>(beginning);
        const auto place = begun.from_device == sign_in_flow::FromDevice::Known
                               ? password::QueuePlace::Kept
                               : password::QueuePlace::Open;
        CheckedPassword checked;
        KS_TRY(checked.check, parts.hasher.check(typed, begun.stored, place));
        if (checked.check.needs_rehash && begun.stored) {
            KS_TRY(auto hashed, parts.hasher.rehash(typed, *begun.stored, place));
            checked.rehashed.emplace(std::move(hashed));
        }
        if (checked.check.right && begun.account) {
            const password::Person person{.email = begun.account->email.text(),
                                          .name = begun.account->name};
            checked.faults = parts.assessments.assess(typed, person, *begun.stored);
        }
        KS_TRY(const auto outcome, parts.database.write([&](WriteTx& tx) {
            return parts.sign_in.finish(tx, actor, begun, checked, whence);
        }));
        return respond(request, outcome, parts);
    };
}

http::Handler second_factor_handler(const RouteParts& parts)
{
    return [parts](const http::Request& request) -> Result<http::Response> {
        const Whence whence = whence_of(request, parts);
        const FlowId flow = request.principal.flow;
        const Actor actor = request.actor();
        const auto code = request.body.text("code");
        if (request.body.text("method") == "totp") {
            KS_TRY(const auto outcome, parts.database.write([&](WriteTx& tx) {
                return parts.sign_in.verify_totp(tx, actor, flow, code, whence);
            }));
            return respond(request, outcome, parts);
        }
        KS_TRY(const auto taken, parts.database.write([&](WriteTx& tx) {
            return parts.sign_in.take_backup_code(tx, actor, flow);
        }));
        KS_TRY(const auto attempt,
               parts.backup_codes.hash_attempt(taken.flow.account, taken.set, code,
                                               password::QueuePlace::Kept));
        KS_TRY(const auto outcome, parts.database.write([&](WriteTx& tx) {
            return parts.sign_in.finish_backup_code(tx, actor, taken, attempt, whence);
        }));
        return respond(request, outcome, parts);
    };
}

http::Handler end_session_handler(const RouteParts& parts)
{
    return [parts](const http::Request& request) -> Result<http::Response> {
        const Whence whence = whence_of(request, parts);
        const auto ended = SessionId::parse(request.body.text("session_id"));
        if (!ended) {
            return Error{ErrorKind::NotFound, "session/not-found", "There is no such session."};
        }
        const Actor actor = request.actor();
        KS_TRY(const auto outcome, parts.database.write([&](WriteTx& tx) {
            return parts.sign_in.end_session(tx, actor, request.principal.flow, *ended, whence);
        }));
        return respond(request, outcome, parts);
    };
}

http::Handler sign_out_handler(const RouteParts& parts)
{
    return [parts](const http::Request& request) -> Result<http::Response> {
        const auto ended = parts.database.write_essential(
            [&](WriteTx& tx) { return parts.sign_in.sign_out(tx, request.actor()); });
        if (!ended && ended.error().kind != ErrorKind::NotFound) {
            return ended.error();
        }
        // Not "cookies": that would take the known device's cookie, too.
        return http::Response::no_content()
            .with_header("Clear-Site-Data", "\"cache\", \"storage\"")
            .with_cookie(session::cleared_session_cookie());
    };
}

std::string methods_json(const Settings& settings)
{
    const auto& rules = settings.password;
    JsonWriter json;
    json.begin_object()
        .member("product_name", settings.product.name)
        .key("methods")
        .begin_array()
        .value("password")
        .end_array();
    const auto mode = settings.account.sign_up;
    json.member("sign_up", mode == SignUpMode::Open         ? "open"
                           : mode == SignUpMode::Invitation ? "invitation"
                                                            : "closed")
        .member("remember_me", settings.session.idle_timeout_remembered.has_value())
        .key("password_rules")
        .begin_object()
        .member("length_min", static_cast<std::int64_t>(rules.length_min))
        .member("length_min_with_second_factor",
                static_cast<std::int64_t>(rules.length_min_with_second_factor))
        .member("length_max", static_cast<std::int64_t>(password::kCodePointsMax))
        .key("classes")
        .begin_array();
    const std::pair<bool, const char*> classes[] = {{rules.require_upper, "upper"},
                                                    {rules.require_lower, "lower"},
                                                    {rules.require_digit, "digit"},
                                                    {rules.require_special, "special"},
                                                    {rules.require_letter, "letter"}};
    for (const auto& [required, name] : classes) {
        if (required) {
            json.value(name);
        }
    }
    json.end_array().end_object().member("preset", settings.product.preset).key("support_url");
    if (settings.product.support_url.empty()) {
        json.null();
    } else {
        json.value(settings.product.support_url);
    }
    json.end_object();
    return std::move(json).take();
}

http::Schema methods_schema()
{
    using namespace http;
    return object({{"product_name", text(1, 200)},
                   {"methods", array(enumeration({"password"}), 5)},
                   {"sign_up", enumeration({"open", "invitation", "closed"})},
                   {"remember_me", boolean()},
                   {"password_rules",
                    object({{"length_min", integer(1, 256)},
                            {"length_min_with_second_factor", integer(1, 256)},
                            {"length_max", integer(1, 256)},
                            {"classes",
                             array(enumeration({"upper", "lower", "digit", "special", "letter"}),
                                   5)}})},
                   {"preset", text(1, 100)},
                   {"support_url", text(0, 2000).or_null()}})
        .named("SignInMethods");
}

http::Schema outcome_schema()
{
    // One of two forms: SignedIn, or what the second factor needs. Told apart by "status".
    using namespace http;
    return object(
               {{"status", enumeration({"signed-in", "second-factor"})},
                {"account",
                 object(
                     {{"id", identifier("acc_")}, {"email", text(3, 320)}, {"name", text(0, 200)}}),
                 Presence::Optional},
                {"session",
                 object({{"id", identifier("ses_")},
                         {"expires_at", time().or_null()},
                         {"idle_expires_at", time().or_null()}}),
                 Presence::Optional},
                {"methods", array(enumeration({"totp", "backup-code"}), 5), Presence::Optional},
                {"csrf_token", text(1, 100)},
                {"offer_second_factor", boolean(), Presence::Optional}})
        .named("SignInOutcome");
}

void add_sign_in(http::Router& router, const RouteParts& parts)
{
    using http::Presence;
    router.add({.method = Method::Post,
                .path = "/v1/sign-in",
                .operation = "signIn",
                .tag = kTag,
                .summary = "Sign in with e-mail address and password",
                .lane = LaneKind::Credential,
                .access = Access::everyone(),
                .limit = LimitGroup::Sensitive,
                .body_bytes_max = 16384, // a password of 4096 bytes, escaped
                .timing = TimingKind::RefusalsOnSlot,
                .request = http::object({{"email", http::text(1, 320)},
                                         {"password", http::secret_text(4096)},
                                         {"remember", http::boolean(), Presence::Optional},
                                         {"shared_device", http::boolean(), Presence::Optional}})
                               .named("SignInRequest"),
                .answers = {{200, outcome_schema(), "Signed in, or the second factor is owed"}},
                .problems = {"sign-in/wrong-credentials", "sign-in/too-many-attempts",
                             "session/limit-reached", "password/change-required", "password/busy"},
                .audit = {"sign-in.attempt", "sign-in.refuse", "sign-in.half", "session.create"},
                .handler = sign_in_handler(parts)});
    router.add(
        {.method = Method::Post,
         .path = "/v1/sign-in/second-factor",
         .operation = "verifySecondFactor",
         .tag = kTag,
         .summary = "Finish a sign-in with a code",
         .lane = LaneKind::Credential,
         .access = Access::half_signed_in(),
         .limit = LimitGroup::Sensitive,
         .body_bytes_max = 1024,
         .timing = TimingKind::RefusalsOnSlot,
         .request = http::object({{"method", http::enumeration({"totp", "backup-code"})},
                                  {"code", http::text(1, 64)}})
                        .named("SecondFactorRequest"),
         .answers = {{200, session::signed_in_schema(), "Signed in"}},
         .problems = {"sign-in/wrong-code", "sign-in/flow-ended", "sign-in/too-many-attempts",
                      "session/limit-reached", "password/busy", "totp/clock-behind"},
         .audit = {"sign-in.code", "totp.verify", "backup_code.use", "session.create"},
         .handler = second_factor_handler(parts)});
    router.add(
        {.method = Method::Post,
         .path = "/v1/sign-in/end-session",
         .operation = "endSessionToSignIn",
         .tag = kTag,
         .summary = "End one session so that this sign-in has room",
         .lane = LaneKind::Store,
         .access = Access::half_signed_in(),
         .limit = LimitGroup::Sensitive,
         .body_bytes_max = 1024,
         .timing = TimingKind::Immediate,
         .request =
             http::object({{"session_id", http::identifier("ses_")}}).named("EndSessionRequest"),
         .answers = {{200, session::signed_in_schema(), "Signed in"}},
         .problems = {"session/not-found", "sign-in/flow-ended", "sign-in/factor-owed",
                      "session/limit-reached", "sign-in/wrong-credentials"},
         .audit = {"session.revoke", "session.create"},
         .handler = end_session_handler(parts)});
}

} // namespace

Whence whence_of(const http::Request& request, const RouteParts& parts)
{
    Whence whence;
    whence.device = parts.devices.parse(request.cookie(kDeviceCookie).value_or(""));
    whence.origin = session::origin_of(request, parts.client_devices, parts.places);
    if (request.body.flag("shared_device", false)) {
        whence.trust = session::DeviceTrust::Shared;
    } else if (request.body.flag("remember", false)) {
        whence.trust = session::DeviceTrust::Remembered;
    }
    return whence;
}

http::Response signed_in_response(int status, const SignedIn& signed_in, OfferSecondFactor offer)
{
    auto response = session::signed_in(status, signed_in.established, signed_in.account, offer);
    if (signed_in.device_cookie) {
        response.cookies.push_back({.name = std::string(kDeviceCookie),
                                    .value = std::string(signed_in.device_cookie->reveal_text()),
                                    .max_age = kDeviceCookieAge});
    }
    return response;
}

void add_routes(http::Router& router, const RouteParts& parts)
{
    add_sign_in(router, parts);
    router.add({.method = Method::Get,
                .path = "/v1/sign-in/methods",
                .operation = "listSignInMethods",
                .tag = kTag,
                .summary = "How one can sign in and up here; the same for every address",
                .lane = LaneKind::Store,
                .access = Access::everyone(),
                .limit = LimitGroup::Read,
                .body_bytes_max = 0,
                .timing = TimingKind::Immediate,
                .answers = {{200, methods_schema(), "Methods and rules"}},
                .handler = [body = methods_json(parts.settings)](const http::Request&)
                    -> Result<http::Response> { return http::Response::json(200, body); }});
    router.add({.method = Method::Post,
                .path = "/v1/sign-out",
                .operation = "signOut",
                .tag = kTag,
                .summary = "End this session",
                .lane = LaneKind::Store,
                .access = Access::session_even_if_authentication_is_due(),
                .limit = LimitGroup::Write,
                .body_bytes_max = 0,
                .timing = TimingKind::Immediate,
                .answers = {{204, http::no_body(), "Signed out"}},
                .audit = {"session.revoke"},
                .handler = sign_out_handler(parts)});
}

} // namespace keystead::sign_in
