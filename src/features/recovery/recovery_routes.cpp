#include "features/recovery/recovery_routes.h"

#include <optional>
#include <string>
#include <utility>

namespace keystead::recovery {
namespace {

using http::Access;
using http::LaneKind;
using http::LimitGroup;
using http::Method;
using http::Presence;
using http::TimingKind;
using password::QueuePlace;

http::Handler request_handler(const RouteParts& parts)
{
    return [parts](const http::Request& request) -> Result<http::Response> {
        KS_TRY(const auto email, account::EmailAddress::parse(request.body.text("email")));
        KS_CHECK(parts.database.write(
            [&](WriteTx& tx) { return parts.recovery.request(tx, request.actor(), email); }));
        return http::Response::json(202, "{}");
    };
}

// The code is charged first; a backup code is hashed between the transactions.
Result<std::optional<backup_code::HashedAttempt>> hashed_code(const http::Request& request,
                                                              const RouteParts& parts,
                                                              AccountId account)
{
    KS_TRY(const auto set, parts.database.write([&](WriteTx& tx) {
        return parts.recovery.take_code(tx, request.actor(), account);
    }));
    std::optional<backup_code::HashedAttempt> attempt;
    if (request.body.text("method") == "backup-code") {
        KS_TRY(auto hashed, parts.backup_codes.hash_attempt(account, set, request.body.text("code"),
                                                            QueuePlace::Kept));
        attempt.emplace(std::move(hashed));
    }
    return attempt;
}

http::Handler confirm_handler(const RouteParts& parts)
{
    return [parts](const http::Request& request) -> Result<http::Response> {
        const auto token = request.body.text("token");
        KS_TRY(const auto opened,
               parts.database.read([&](ReadTx& tx) { return parts.recovery.look_at(tx, token); }));
        const bool has_code = request.body.has("method") && request.body.has("code");
        if (opened.has_second_factor && !has_code) {
            return second_factor_required();
        }
        const Secret typed = request.body.secret("password");
        if (opened.spoilt) {
            KS_TRY(const auto same, parts.hasher.check(typed, opened.spoilt, QueuePlace::Kept));
            if (same.right) {
                return password::unchanged("/password");
            }
        }
        const auto enforced = opened.has_second_factor ? password::SecondFactor::Enforced
                                                       : password::SecondFactor::NotEnforced;
        KS_TRY(const auto accepted,
               parts.policy.accept(
                   typed, {.email = opened.account.email.text(), .name = opened.account.name},
                   enforced));
        RecoveryService::Code code;
        std::optional<backup_code::HashedAttempt> attempt;
        if (opened.has_second_factor) {
            KS_TRY(auto hashed_attempt, hashed_code(request, parts, opened.account.id));
            if (hashed_attempt) {
                code.backup_code = &attempt.emplace(*std::move(hashed_attempt));
            } else {
                code.totp = request.body.text("code");
            }
        }
        KS_TRY(const auto hashed,
               parts.hasher.hash_new(opened.account.id, accepted, QueuePlace::Kept));
        KS_TRY(const auto recovered, parts.database.write([&](WriteTx& tx) {
            return parts.recovery.confirm(tx, request.actor(), token, code, hashed);
        }));
        if (recovered == Recovered::WrongCode) {
            return Error{ErrorKind::Unauthenticated, "recovery/wrong-code",
                         "That code is not valid."};
        }
        return http::Response::no_content();
    };
}

} // namespace

void add_routes(http::Router& router, const RouteParts& parts)
{
    router.add({.method = Method::Post,
                .path = "/v1/recovery",
                .operation = "requestRecovery",
                .tag = "Recovery",
                .summary = "Ask for a recovery link; the answer is the same for every address",
                .lane = LaneKind::Store,
                .access = Access::everyone(),
                .limit = LimitGroup::Sensitive,
                .body_bytes_max = 1024,
                .timing = TimingKind::AllOnSlot,
                .request = http::object({{"email", http::text(1, 320)}}).named("RecoveryRequest"),
                .answers = {{202, http::object({}), "A mail is on its way to that address"}},
                .problems = {"account/email-invalid"},
                .audit = {"recovery.request"},
                .handler = request_handler(parts)});
    router.add(
        {.method = Method::Post,
         .path = "/v1/recovery/confirm",
         .operation = "confirmRecovery",
         .tag = "Recovery",
         .summary = "Set a new password by the link; signs nobody in",
         .lane = LaneKind::Credential,
         .access = Access::everyone(),
         .limit = LimitGroup::Sensitive,
         .body_bytes_max = 16384,
         .timing = TimingKind::RefusalsOnSlot,
         .request = http::object(
                        {{"token", http::text(1, 200)},
                         {"password", http::secret_text(4096)},
                         {"method", http::enumeration({"totp", "backup-code"}), Presence::Optional},
                         {"code", http::text(1, 64), Presence::Optional}})
                        .named("ConfirmRecoveryRequest"),
         .answers = {{204, http::no_body(), "Set; every session of the account has ended"}},
         .problems = {"link/invalid", "password/refused", "password/unchanged", "password/busy",
                      "recovery/second-factor-required", "recovery/wrong-code",
                      "recovery/too-many-attempts", "totp/clock-behind"},
         .audit = {"recovery.code", "password.set", "session.revoke-all", "totp.verify",
                   "backup_code.use", "account.unfreeze-factors"},
         .handler = confirm_handler(parts)});
}

} // namespace keystead::recovery
