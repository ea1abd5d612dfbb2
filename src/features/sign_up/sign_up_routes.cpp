#include "features/sign_up/sign_up_routes.h"

#include <string>
#include <utility>

namespace keystead::sign_up {
namespace {

using http::Access;
using http::LaneKind;
using http::LimitGroup;
using http::Method;
using http::Presence;
using http::TimingKind;
using password::QueuePlace;
using session::OfferSecondFactor;

constexpr std::string_view kTag = "Sign-up";
constexpr std::size_t kTokenMax = 200;

OfferSecondFactor offer(const RouteParts& parts)
{
    return parts.sign_in.settings.account.offer_second_factor ? OfferSecondFactor::Yes
                                                              : OfferSecondFactor::No;
}

http::Handler request_handler(const RouteParts& parts)
{
    return [parts](const http::Request& request) -> Result<http::Response> {
        KS_TRY(const auto email, account::EmailAddress::parse(request.body.text("email")));
        KS_CHECK(parts.sign_in.database.write(
            [&](WriteTx& tx) { return parts.sign_up.request(tx, request.actor(), email); }));
        return http::Response::json(202, "{}");
    };
}

http::Handler confirm_handler(const RouteParts& parts)
{
    return [parts](const http::Request& request) -> Result<http::Response> {
        const auto whence = sign_in::whence_of(request, parts.sign_in);
        const auto token = request.body.text("token");
        const auto name = request.body.optional_text("name").value_or("");
        KS_TRY(const auto invited, parts.sign_in.database.read([&](ReadTx& tx) {
            return parts.sign_up.look_at(tx, token);
        }));
        const Secret typed = request.body.secret("password");
        KS_TRY(const auto accepted,
               parts.policy.accept(typed, {.email = invited.address, .name = name},
                                   password::SecondFactor::NotEnforced));
        KS_TRY(const auto hashed,
               parts.sign_in.hasher.hash_new(parts.sign_up.new_id(), accepted, QueuePlace::Open));
        KS_TRY(const auto signed_in, parts.sign_in.database.write([&](WriteTx& tx) {
            return parts.sign_up.confirm(tx, request.actor(), invited, token, name, hashed, whence);
        }));
        return sign_in::signed_in_response(201, signed_in, offer(parts));
    };
}

http::Handler set_up_handler(const RouteParts& parts)
{
    return [parts](const http::Request& request) -> Result<http::Response> {
        const auto whence = sign_in::whence_of(request, parts.sign_in);
        const auto token = request.body.text("token");
        const auto name = request.body.optional_text("name").value_or("");
        KS_TRY(const auto email, account::EmailAddress::parse(request.body.text("email")));
        KS_CHECK(parts.sign_in.database.read(
            [&](ReadTx& tx) { return parts.sign_up.look_at_set_up(tx, token); }));
        const Secret typed = request.body.secret("password");
        KS_TRY(const auto accepted,
               parts.policy.accept(typed, {.email = email.text(), .name = name},
                                   password::SecondFactor::NotEnforced));
        KS_TRY(const auto hashed,
               parts.sign_in.hasher.hash_new(parts.sign_up.new_id(), accepted, QueuePlace::Open));
        KS_TRY(const auto signed_in, parts.sign_in.database.write([&](WriteTx& tx) {
            return parts.sign_up.set_up(tx, request.actor(), token, email, name, hashed, whence);
        }));
        return sign_in::signed_in_response(201, signed_in, offer(parts));
    };
}

http::Handler set_up_state_handler(const RouteParts& parts)
{
    return [parts](const http::Request&) -> Result<http::Response> {
        KS_TRY(const bool open, parts.sign_in.database.read(
                                    [&](ReadTx& tx) { return parts.sign_up.set_up_is_open(tx); }));
        JsonWriter json;
        json.begin_object().member("open", open).end_object();
        return http::Response::json(200, std::move(json).take());
    };
}

void add_sign_up(http::Router& router, const RouteParts& parts)
{
    router.add({.method = Method::Post,
                .path = "/v1/sign-up",
                .operation = "requestSignUp",
                .tag = kTag,
                .summary = "Ask for a sign-up link; the answer is the same for every address",
                .lane = LaneKind::Store,
                .access = Access::everyone(),
                .limit = LimitGroup::Sensitive,
                .body_bytes_max = 1024,
                .timing = TimingKind::AllOnSlot,
                .request = http::object({{"email", http::text(1, 320)}}).named("SignUpRequest"),
                .answers = {{202, http::object({}),
                             "If the address can have an account, a mail is on its way"}},
                .problems = {"account/email-invalid", "sign-up/closed", "sign-up/by-invitation"},
                .audit = {"sign-up.request"},
                .handler = request_handler(parts)});
    router.add(
        {.method = Method::Post,
         .path = "/v1/sign-up/confirm",
         .operation = "confirmSignUp",
         .tag = kTag,
         .summary = "Choose a password and begin: by the link of a sign-up or an invitation",
         .lane = LaneKind::Credential,
         .access = Access::everyone(),
         .limit = LimitGroup::Sensitive,
         .body_bytes_max = 16384,
         .timing = TimingKind::Immediate,
         .request =
             http::object({{"token", http::text(1, kTokenMax)},
                           {"password", http::secret_text(4096)},
                           {"name", http::text(0, account::kNameLengthMax), Presence::Optional},
                           {"shared_device", http::boolean(), Presence::Optional}})
                 .named("ConfirmSignUpRequest"),
         .answers = {{201, session::signed_in_schema(), "The account is there, and signed in"}},
         .problems = {"link/invalid", "password/refused", "password/busy", "account/name-invalid"},
         .audit = {"account.create", "password.set", "session.create"},
         .handler = confirm_handler(parts)});
}

} // namespace

void add_routes(http::Router& router, const RouteParts& parts)
{
    add_sign_up(router, parts);
    router.add({.method = Method::Get,
                .path = "/v1/set-up/state",
                .operation = "showSetUpState",
                .tag = kTag,
                .summary = "Whether the first operator is still to be made",
                .lane = LaneKind::Store,
                .access = Access::everyone(),
                .limit = LimitGroup::Read,
                .body_bytes_max = 0,
                .timing = TimingKind::Immediate,
                .answers = {{200, http::object({{"open", http::boolean()}}), "State"}},
                .handler = set_up_state_handler(parts)});
    router.add(
        {.method = Method::Post,
         .path = "/v1/set-up",
         .operation = "setUp",
         .tag = kTag,
         .summary = "Make the first operator, by the token that the server printed",
         .lane = LaneKind::Credential,
         .access = Access::everyone(),
         .limit = LimitGroup::Sensitive,
         .body_bytes_max = 16384,
         .timing = TimingKind::Immediate,
         .request =
             http::object({{"token", http::text(1, kTokenMax)},
                           {"email", http::text(1, 320)},
                           {"name", http::text(0, account::kNameLengthMax), Presence::Optional},
                           {"password", http::secret_text(4096)}})
                 .named("SetUpRequest"),
         .answers = {{201, session::signed_in_schema(), "The operator is there, and signed in"}},
         .problems = {"link/invalid", "password/refused", "password/busy", "account/email-invalid",
                      "account/email-taken", "account/name-invalid"},
         .audit = {"account.create", "password.set", "session.create", "set-up.finish"},
         .handler = set_up_handler(parts)});
}

} // namespace keystead::sign_up
