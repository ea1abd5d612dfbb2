#include "features/step_up/step_up_routes.h"

#include "features/session/session_routes.h"

#include <optional>
#include <string>
#include <utility>

namespace keystead::step_up {
namespace {

using http::Access;
using http::LaneKind;
using http::LimitGroup;
using http::Method;
using http::TimingKind;

http::Handler show_handler(const RouteParts& parts)
{
    return [parts](const http::Request& request) -> Result<http::Response> {
        KS_TRY(const auto factor, parts.database.read([&](ReadTx& tx) {
            return parts.step_up.strongest_factor(tx, request.principal.account);
        }));
        const Instant until = request.principal.authenticated_at + parts.settings.step_up_age;
        const bool fresh = until > request.received_at && !request.principal.must_authenticate;
        JsonWriter json;
        json.begin_object()
            .member("method", factor == Factor::Password ? "password" : "totp")
            .key("methods")
            .begin_array();
        if (factor == Factor::Password) {
            json.value("password");
        } else {
            json.value("totp").value("backup-code");
        }
        json.end_array()
            .member("fresh_until", fresh ? std::optional(until) : std::nullopt)
            .member("csrf_token",
                    parts.sessions.csrf_token(request.cookie(session::kSessionCookie).value_or("")))
            .end_object();
        return http::Response::json(200, std::move(json).take());
    };
}

Result<Outcome> prove(const http::Request& request, const RouteParts& parts)
{
    const Actor actor = request.actor();
    const auto method = request.body.text("method");
    if (method == "password") {
        const Secret typed = request.body.secret("password");
        KS_TRY(const auto stored, parts.database.write([&](WriteTx& tx) {
            return parts.step_up.begin_password(tx, actor);
        }));
        KS_TRY(const auto check, parts.hasher.check(typed, stored, password::QueuePlace::Kept));
        return parts.database.write(
            [&](WriteTx& tx) { return parts.step_up.finish_password(tx, actor, check); });
    }
    const auto code = request.body.text("code");
    if (method == "totp") {
        return parts.database.write(
            [&](WriteTx& tx) { return parts.step_up.verify_totp(tx, actor, code); });
    }
    KS_TRY(const auto set, parts.database.write([&](WriteTx& tx) {
        return parts.step_up.take_backup_code(tx, actor);
    }));
    KS_TRY(const auto attempt,
           parts.backup_codes.hash_attempt(actor.account, set, code, password::QueuePlace::Kept));
    return parts.database.write(
        [&](WriteTx& tx) { return parts.step_up.finish_backup_code(tx, actor, attempt); });
}

http::Handler prove_handler(const RouteParts& parts)
{
    return [parts](const http::Request& request) -> Result<http::Response> {
        const bool by_password = request.body.text("method") == "password";
        if (!request.body.has(by_password ? "password" : "code")) {
            const auto* const pointer = by_password ? "/password" : "/code";
            return Error{.kind = ErrorKind::InvalidInput,
                         .code = "request/invalid",
                         .detail = "That method needs this member.",
                         .fields = {{pointer, "request/missing", "Needed."}}};
        }
        KS_TRY(const auto outcome, prove(request, parts));
        if (const auto* const renewed = std::get_if<Renewed>(&outcome)) {
            return session::signed_in(200, renewed->established, renewed->account,
                                      session::OfferSecondFactor::No);
        }
        return Error{ErrorKind::Unauthenticated, "step-up/wrong-credentials", "That is not right."};
    };
}

} // namespace

void add_routes(http::Router& router, const RouteParts& parts)
{
    using http::Presence;
    const auto methods = http::enumeration({"password", "totp", "backup-code"});
    router.add({.method = Method::Get,
                .path = "/v1/step-up",
                .operation = "showStepUp",
                .tag = "Sign-in",
                .summary = "How this session can prove its owner again",
                .lane = LaneKind::Store,
                .access = Access::session_even_if_authentication_is_due(),
                .limit = LimitGroup::Read,
                .body_bytes_max = 0,
                .timing = TimingKind::Immediate,
                .answers = {{200,
                             http::object({{"method", http::enumeration({"password", "totp"})},
                                           {"methods", http::array(methods, 5)},
                                           {"fresh_until", http::time().or_null()},
                                           {"csrf_token", http::text(1, 100)}})
                                 .named("StepUp"),
                             "The method asked for, until when the last proof counts, and the "
                             "anti-forgery token"}},
                .handler = show_handler(parts)});
    router.add({.method = Method::Post,
                .path = "/v1/step-up",
                .operation = "stepUp",
                .tag = "Sign-in",
                .summary = "Prove the owner again; the session goes on under a new cookie",
                .lane = LaneKind::Credential,
                .access = Access::session_even_if_authentication_is_due(),
                .limit = LimitGroup::Sensitive,
                .body_bytes_max = 16384,
                .timing = TimingKind::RefusalsOnSlot,
                .request = http::object({{"method", methods},
                                         {"password", http::secret_text(4096), Presence::Optional},
                                         {"code", http::text(1, 64), Presence::Optional}})
                               .named("StepUpRequest"),
                .answers = {{200, session::signed_in_schema(), "Proved"}},
                .problems = {"step-up/wrong-credentials", "step-up/too-many-attempts",
                             "step-up/second-factor-needed", "session/not-found", "password/busy",
                             "totp/clock-behind"},
                .audit = {"step-up.attempt", "step-up.refuse", "totp.verify", "backup_code.use",
                          "session.renew"},
                .handler = prove_handler(parts)});
}

} // namespace keystead::step_up
