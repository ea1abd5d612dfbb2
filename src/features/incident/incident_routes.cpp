#include "features/incident/incident_routes.h"

#include <utility>

namespace keystead::incident {

void add_routes(http::Router& router, Database& db, IncidentService& incidents)
{
    router.add({.method = http::Method::Post,
                .path = "/v1/not-me",
                .operation = "reportNotMe",
                .tag = "Recovery",
                .summary = "The link of a notice: this was not me",
                .lane = http::LaneKind::Store,
                .access = http::Access::everyone(),
                .limit = http::LimitGroup::Sensitive,
                .body_bytes_max = 1024,
                .timing = http::TimingKind::Immediate,
                .request = http::object({{"token", http::text(1, 200)}}).named("NotMeRequest"),
                .answers = {{200,
                             http::object({{"sessions_ended", http::integer(0, 1000)},
                                           {"factors_frozen_until", http::time().or_null()},
                                           {"reset_stopped", http::boolean()}})
                                 .named("NotMe"),
                             "What was done"}},
                .problems = {"link/invalid"},
                .audit = {"account.not-me", "session.revoke-unfamiliar", "account.freeze-factors",
                          "webhook.suspend", "factor-reset.object"},
                .handler = [&](const http::Request& request) -> Result<http::Response> {
                    KS_TRY(const auto reported, db.write_essential([&](WriteTx& tx) {
                        return incidents.not_me(tx, request.actor(), request.body.text("token"));
                    }));
                    JsonWriter json;
                    json.begin_object()
                        .member("sessions_ended",
                                static_cast<std::int64_t>(reported.sessions_ended))
                        .member("factors_frozen_until", reported.factors_frozen_until)
                        .member("reset_stopped", reported.reset_stopped)
                        .end_object();
                    return http::Response::json(200, std::move(json).take());
                }});
}

} // namespace keystead::incident
