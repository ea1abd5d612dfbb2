#include "features/password_change/password_change_routes.h"

#include "features/session/session_routes.h"

#include <utility>

namespace keystead::password_change {
namespace {

using http::LaneKind;
using http::LimitGroup;
using http::Presence;
using http::TimingKind;
using password::QueuePlace;

http::Handler change_handler(const RouteParts& parts)
{
    return [parts](const http::Request& request) -> Result<http::Response> {
        const Actor actor = request.actor();
        KS_TRY(const auto begun,
               parts.database.write([&](WriteTx& tx) { return parts.change.begin(tx, actor); }));
        if (!begun.stored) {
            return Error{ErrorKind::Conflict, "password/none",
                         "This account signs in another way."};
        }
        // The password alone is not the strongest factor of such an account (security.md item 21).
        if (begun.has_second_factor && request.received_at >= request.principal.authenticated_at +
                                                                  parts.settings.step_up_age) {
            return Error{ErrorKind::StepUpRequired, "session/step-up-required",
                         "Prove that it is you first."};
        }
        const Secret current = request.body.secret("current_password");
        KS_TRY(const auto check, parts.hasher.check(current, begun.stored, QueuePlace::Kept));
        if (!check.right) {
            KS_CHECK(
                parts.database.write([&](WriteTx& tx) { return parts.change.refuse(tx, actor); }));
            return Error{ErrorKind::Unauthenticated, "password/wrong",
                         "The current password is not right."};
        }
        const Secret typed = request.body.secret("new_password");
        if (request.principal.is_restricted) { // Whoever knows the old one is to be kept out.
            KS_TRY(const auto same, parts.hasher.check(typed, begun.stored, QueuePlace::Kept));
            if (same.right) {
                return password::unchanged("/new_password");
            }
        }
        const auto enforced = begun.has_second_factor ? password::SecondFactor::Enforced
                                                      : password::SecondFactor::NotEnforced;
        KS_TRY(const auto accepted,
               parts.policy.accept(
                   typed, {.email = begun.account.email.text(), .name = begun.account.name},
                   enforced, "/new_password"));
        KS_TRY(const auto hashed, parts.hasher.hash_new(actor.account, accepted, QueuePlace::Kept));
        const auto others = request.body.flag("end_other_sessions", true) ? OtherSessions::End
                                                                          : OtherSessions::Keep;
        KS_TRY(const auto changed, parts.database.write([&](WriteTx& tx) {
            return parts.change.finish(tx, actor, *begun.stored, hashed, others);
        }));
        return session::signed_in(200, changed.established, changed.account,
                                  session::OfferSecondFactor::No);
    };
}

} // namespace

void add_routes(http::Router& router, const RouteParts& parts)
{
    router.add(
        {.method = http::Method::Post,
         .path = "/v1/account/password",
         .operation = "changePassword",
         .tag = "Account",
         .summary = "Change the password; the session goes on under a new cookie",
         .lane = LaneKind::Credential,
         .access = http::Access::session(),
         .limit = LimitGroup::Sensitive,
         .body_bytes_max = 32768,
         .timing = TimingKind::RefusalsOnSlot,
         .request = http::object({{"current_password", http::secret_text(4096)},
                                  {"new_password", http::secret_text(4096)},
                                  {"end_other_sessions", http::boolean(), Presence::Optional}})
                        .named("ChangePasswordRequest"),
         .answers = {{200, session::signed_in_schema(), "Changed"}},
         .problems = {"password/wrong", "password/refused", "password/unchanged", "password/none",
                      "password/changed-meanwhile", "password/too-many-attempts", "password/busy",
                      "session/step-up-required", "session/not-found"},
         .audit = {"password.attempt", "password.change", "session.revoke-others", "session.renew"},
         .handler = change_handler(parts)});
}

} // namespace keystead::password_change
