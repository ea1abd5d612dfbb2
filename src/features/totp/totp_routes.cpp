#include "features/totp/totp_routes.h"

#include "core/encoding.h"
#include "core/json.h"
#include "features/backup_code/backup_code_routes.h"
#include "features/idempotency/idempotency_routes.h"
#include "features/totp/qr_code.h"
#include "http/schema.h"

#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace keystead::totp {
namespace {

using attempt_budget::Scope;
using attempt_budget::Verdict;
using http::Access;
using http::LaneKind;
using http::LimitGroup;
using http::Method;
using http::Request;
using http::Response;
using http::TimingKind;

constexpr std::string_view kTag = "Second factor";
constexpr std::string_view kEnroll = "enrollAuthenticator";
constexpr std::size_t kBodyBytes = 512;
constexpr std::size_t kNameMax = 64;
constexpr std::size_t kCodeMax = 32;

Result<AuthenticatorId> authenticator_in_path(const Request& request)
{
    if (const auto id = AuthenticatorId::parse(request.path_parameter("id"))) {
        return *id;
    }
    return Error{.kind = ErrorKind::NotFound,
                 .code = "totp/not-found",
                 .detail = "There is no such authenticator."};
}

Error wrong_code(CodeCheck check)
{
    return Error{.kind = ErrorKind::InvalidInput,
                 .code = "totp/wrong-code",
                 .detail = "That code is not valid.",
                 .fields = {{.pointer = "/code",
                             .code = "totp/wrong-code",
                             .detail = check == CodeCheck::AlreadyUsed
                                           ? "This code was used already. Wait for the next one."
                                           : "This is not the code that the app shows."}}};
}

Error too_many_attempts(const Verdict& verdict)
{
    return Error{.kind = ErrorKind::RateLimited,
                 .code = "totp/too-many-attempts",
                 .detail = "Too many wrong codes. Try again later.",
                 .retry_after = verdict.retry_after};
}

void write_authenticator(JsonWriter& json, const Authenticator& authenticator)
{
    json.begin_object()
        .member("id", authenticator.id.text())
        .member("name", authenticator.name)
        .member("confirmed", authenticator.confirmed)
        .member("created_at", authenticator.created_at)
        .member("last_used_at", authenticator.last_used_at)
        .end_object();
}

http::Schema authenticator_schema()
{
    return http::object({{"id", http::identifier("otp_")},
                         {"name", http::text(1, kNameMax)},
                         {"confirmed", http::boolean()},
                         {"created_at", http::time()},
                         {"last_used_at", http::time().or_null()}})
        .named("Authenticator");
}

http::Handler list_handler(std::shared_ptr<const TotpRouteParts> parts)
{
    return [parts](const Request& request) -> Result<Response> {
        KS_TRY(const auto list, parts->database.read([&](ReadTx& tx) {
            return parts->totp.list(tx, request.principal.account);
        }));
        JsonWriter json;
        json.begin_object().key("items").begin_array();
        for (const Authenticator& authenticator : list) {
            write_authenticator(json, authenticator);
        }
        json.end_array().key("next_cursor").null().end_object();
        return Response::json(200, std::move(json).take());
    };
}

struct Begun {
    NewAuthenticator added;
    std::string email;
};

Result<Response> begun_response(const TotpRouteParts& parts, const Begun& begun)
{
    const Secret uri = otpauth_uri(parts.product_name, begun.email, begun.added.secret);
    KS_TRY(const Secret svg, qr_svg(uri));
    std::string secret = base32_encode(begun.added.secret.reveal());
    // An escape makes at most six characters of one.
    JsonWriter json(6 * (uri.size() + svg.size()) + 1024);
    json.begin_object()
        .member("id", begun.added.authenticator.id.text())
        .member("name", begun.added.authenticator.name)
        .member("secret", secret)
        .member("otpauth_uri", uri.reveal_text())
        .member("qr_svg", svg.reveal_text())
        .end_object();
    explicit_bzero(secret.data(), secret.size());
    return Response::secret_json(201, std::move(json).take());
}

http::Handler begin_handler(std::shared_ptr<const TotpRouteParts> parts)
{
    return [parts](const Request& request) -> Result<Response> {
        KS_TRY(const auto key, idempotency::key_of(request));
        const AccountId account = request.principal.account;
        KS_TRY(const Begun begun, parts->database.write([&](WriteTx& tx) -> Result<Begun> {
            KS_CHECK(tx.lock(account)); // A repeat waits for the first, then hears of it.
            KS_CHECK(parts->idempotency.check(tx, account, kEnroll, key));
            KS_CHECK(parts->accounts.check_factors_not_frozen(tx, account));
            KS_TRY(const auto owner, parts->accounts.load(tx, account));
            KS_TRY(auto added,
                   parts->totp.begin_enrollment(tx, request.actor(), account,
                                                request.body.text("name"), owner.securing_since));
            KS_CHECK(
                parts->idempotency.claim(tx, account, kEnroll, key, added.authenticator.id.text()));
            return Begun{.added = std::move(added), .email = owner.email.text()};
        }));
        return begun_response(*parts, begun);
    };
}

/// What one transaction with a code came to: values, so that the charge and its record commit.
struct ConfirmStep {
    Verdict verdict;
    Confirmation confirmation;
    std::optional<RotatedSession> session;
};

Result<ConfirmStep> confirm_step(WriteTx& tx, const TotpRouteParts& parts, const Request& request,
                                 AuthenticatorId id)
{
    const AccountId account = request.principal.account;
    KS_CHECK(parts.accounts.check_factors_not_frozen(tx, account));
    ConfirmStep step;
    KS_TRY(step.verdict, parts.budget.charge(tx, Scope::SecondFactor, account, parts.clock.now()));
    if (!step.verdict.allowed()) {
        KS_CHECK(parts.totp.record_spent(tx, request.actor(), account, "totp.confirm"));
        return step;
    }
    KS_TRY(step.confirmation,
           parts.totp.confirm(tx, request.actor(), account, id, request.body.text("code")));
    if (step.confirmation.check == CodeCheck::Accepted) {
        // A code of a secret that was shown a moment ago proves nothing about the account: one
        // charge back, no more.
        KS_CHECK(parts.budget.refund(tx, Scope::SecondFactor, account.bytes()));
        KS_TRY(auto session, parts.rotate_session(tx, request));
        step.session.emplace(std::move(session));
    }
    return step;
}

/// The codes that come with a first authenticator; nothing when the server is too busy to hash,
/// since the factor is on already: the person makes them on the same page.
Result<std::optional<std::string>> make_first_codes(const TotpRouteParts& parts,
                                                    const Request& request)
{
    auto prepared = parts.backup_codes.prepare(request.principal.account);
    if (!prepared && prepared.error().kind == ErrorKind::Unavailable) {
        return std::optional<std::string>{};
    }
    KS_TRY(const auto set, std::move(prepared));
    KS_CHECK(parts.database.write(
        [&](WriteTx& tx) { return parts.backup_codes.replace(tx, request.actor(), set); }));
    return std::optional(backup_code::codes_as_json(set.codes));
}

http::Handler confirm_handler(std::shared_ptr<const TotpRouteParts> parts)
{
    return [parts](const Request& request) -> Result<Response> {
        KS_TRY(const auto id, authenticator_in_path(request));
        KS_TRY(const ConfirmStep step, parts->database.write_essential([&](WriteTx& tx) {
            return confirm_step(tx, *parts, request, id);
        }));
        if (!step.verdict.allowed()) {
            return too_many_attempts(step.verdict);
        }
        if (step.confirmation.check != CodeCheck::Accepted) {
            return wrong_code(step.confirmation.check);
        }
        std::optional<std::string> codes;
        if (step.confirmation.is_first) {
            KS_TRY(codes, make_first_codes(*parts, request));
        }
        JsonWriter json;
        json.begin_object().key("backup_codes").raw(codes ? *codes : "null");
        json.member("csrf_token", step.session->csrf_token).end_object();
        return Response::json(200, std::move(json).take()).with_cookie(step.session->cookie);
    };
}

struct RemoveStep {
    Verdict verdict;
    Removal removal;
};

Result<RemoveStep> remove_step(WriteTx& tx, const TotpRouteParts& parts, const Request& request,
                               AuthenticatorId id)
{
    const AccountId account = request.principal.account;
    KS_CHECK(parts.accounts.check_factors_not_frozen(tx, account));
    RemoveStep step;
    KS_TRY(step.verdict, parts.budget.charge(tx, Scope::SecondFactor, account, parts.clock.now()));
    if (!step.verdict.allowed()) {
        KS_CHECK(parts.totp.record_spent(tx, request.actor(), account, "totp.remove"));
        return step;
    }
    KS_TRY(step.removal, parts.totp.remove(tx, request.actor(), account, id,
                                           request.body.optional_text("code").value_or("")));
    if (step.removal.check == CodeCheck::Accepted) {
        KS_CHECK(parts.budget.refund(tx, Scope::SecondFactor, account.bytes()));
    }
    if (step.removal.was_last) {
        KS_CHECK(parts.backup_codes.remove_all(tx, request.actor(), account));
    }
    return step;
}

http::Handler remove_handler(std::shared_ptr<const TotpRouteParts> parts)
{
    return [parts](const Request& request) -> Result<Response> {
        KS_TRY(const auto id, authenticator_in_path(request));
        KS_TRY(const RemoveStep step, parts->database.write([&](WriteTx& tx) {
            return remove_step(tx, *parts, request, id);
        }));
        if (!step.verdict.allowed()) {
            return too_many_attempts(step.verdict);
        }
        if (step.removal.check != CodeCheck::Accepted) {
            return wrong_code(step.removal.check);
        }
        return Response::no_content();
    };
}

http::Schema new_authenticator_schema()
{
    return http::object(
               {{"id", http::identifier("otp_")},
                {"name", http::text(1, kNameMax)},
                {"secret", http::text(32, 32).described("base 32, for apps without a camera")},
                {"otpauth_uri", http::text(1, 4096)},
                {"qr_svg", http::text(1, 200'000)}})
        .named("NewAuthenticator");
}

void add_read_and_begin(http::Router& router, const std::shared_ptr<const TotpRouteParts>& parts)
{
    router.add({.method = Method::Get,
                .path = "/v1/account/totp",
                .operation = "listAuthenticators",
                .tag = kTag,
                .summary = "The account's authenticator apps",
                .lane = LaneKind::Store,
                .access = Access::session(),
                .limit = LimitGroup::Read,
                .body_bytes_max = 0,
                .timing = TimingKind::Immediate,
                .answers = {{200, http::list_of(authenticator_schema()),
                             "At most five and one being enrolled"}},
                .handler = list_handler(parts)});
    router.add(
        {.method = Method::Post,
         .path = "/v1/account/totp",
         .operation = kEnroll,
         .tag = kTag,
         .summary = "Begin to enroll an authenticator app; it counts once a code has confirmed it",
         .lane = LaneKind::Store,
         .access = Access::stepped_up(),
         .limit = LimitGroup::Sensitive,
         .body_bytes_max = kBodyBytes,
         .timing = TimingKind::Immediate,
         .request = http::object({{"name", http::text(1, kNameMax)}}),
         .answers = {{201, new_authenticator_schema(), "The secret, shown this once"}},
         .problems = {"idempotency/already-done", "idempotency/invalid-key", "totp/limit-reached",
                      "totp/too-long-for-qr", "account/factors-frozen"},
         .audit = {"totp.enroll"},
         .handler = begin_handler(parts)});
}

void add_confirm_and_remove(http::Router& router,
                            const std::shared_ptr<const TotpRouteParts>& parts)
{
    router.add(
        {.method = Method::Post,
         .path = "/v1/account/totp/{id}/confirm",
         .operation = "confirmAuthenticator",
         .tag = kTag,
         .summary =
             "Prove the authenticator with a code; the session gets a new cookie, the others end",
         .lane = LaneKind::Credential, // The first one comes with backup codes, which are hashed.
         .access = Access::stepped_up(),
         .limit = LimitGroup::Sensitive,
         .body_bytes_max = kBodyBytes,
         .timing = TimingKind::Immediate,
         .request = http::object({{"code", http::text(1, kCodeMax)}}),
         .answers = {{200,
                      http::object(
                          {{"backup_codes",
                            http::array(http::text(19, 19), backup_code::kCodesInSet).or_null()},
                           {"csrf_token", http::text(1, 200)}})
                          .named("AuthenticatorConfirmed"),
                      "Backup codes come with the first authenticator, shown this once"}},
         .problems = {"totp/wrong-code", "totp/not-found", "totp/already-confirmed",
                      "totp/too-many-attempts", "totp/clock-behind", "account/factors-frozen"},
         .audit = {"totp.confirm", "backup_code.make"},
         .handler = confirm_handler(parts)});
    router.add(
        {.method = Method::Delete,
         .path = "/v1/account/totp/{id}",
         .operation = "removeAuthenticator",
         .tag = kTag,
         .summary =
             "Remove an authenticator with a current code; with the last one backup codes end",
         .lane = LaneKind::Store,
         .access = Access::stepped_up(),
         .limit = LimitGroup::Sensitive,
         .body_bytes_max = kBodyBytes,
         .timing = TimingKind::Immediate,
         .request = http::object({{"code", http::text(1, kCodeMax), http::Presence::Optional}}),
         .answers = {{204, http::no_body(), "Removed"}},
         .problems = {"totp/wrong-code", "totp/not-found", "totp/password-too-weak-alone",
                      "totp/too-many-attempts", "totp/clock-behind", "account/factors-frozen"},
         .audit = {"totp.remove", "totp.cancel-enrollment", "backup_code.remove-all"},
         .handler = remove_handler(parts)});
}

} // namespace

void add_routes(http::Router& router, const TotpRouteParts& parts)
{
    const auto shared = std::make_shared<const TotpRouteParts>(parts);
    add_read_and_begin(router, shared);
    add_confirm_and_remove(router, shared);
}

} // namespace keystead::totp
