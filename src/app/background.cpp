#include "app/background.h"

#include "app/set_back.h"
#include "app/tls_certificate.h"

#include <functional>
#include <initializer_list>
#include <memory>
#include <utility>

namespace keystead::app {
namespace {

using namespace std::chrono_literals;

/// As what hashes passwords: a burst of deliveries must not delay `check`.
constexpr int kDeliveringNice = 10;

/// By the time of each batch: what is queued while others are sent may be graver than these.
Result<void> send_mails(Features& features)
{
    constexpr int kBatchesMax = 100; // then the next run goes on
    for (int batch = 0; batch < kBatchesMax; ++batch) {
        KS_TRY(const auto summary,
               features.outbox_sender.run_once(features.foundation.clock.now()));
        if (!summary.more) {
            break;
        }
    }
    return {};
}

/// Runs all, also when one fails; answers the first failure.
Result<void> run_all(std::initializer_list<std::function<Result<void>()>> steps)
{
    Result<void> outcome;
    for (const auto& step : steps) {
        if (auto done = step(); !done && outcome) {
            outcome = std::move(done);
        }
    }
    return outcome;
}

Job sweep_job(Features& features)
{
    Database& db = *features.foundation.database;
    const auto budgets = std::make_shared<attempt_budget::AttemptBudgetSweep>(db, features.audit);
    const auto enrollments = std::make_shared<totp::TotpSweep>(db, features.audit);
    return {"sweep", 1min, [&features, &db, budgets, enrollments](Instant now) {
                return run_all({
                    [&] { return features.sessions.sweep(db, now); },
                    [&] { return features.flows.sweep(db, now); },
                    [&] { return features.tokens.sweep(db, now); },
                    [&] { return features.token_usage.sweep(db, now); },
                    [&] { return features.ssh_keys.sweep(db, now); },
                    [&] {
                        return features.host_reports.sweep(
                            db, now - features.foundation.settings.audit.retention);
                    },
                    [&] { return features.product_events.sweep(db, now); },
                    [&] { return features.idempotency.sweep(db, now); },
                    [&] { return features.link_sweep.run_once(now); },
                    [&] { return budgets->run_once(now); },
                    [&] { return enrollments->run_once(now); },
                    [&] { return features.factor_resets.run_once(db, now); },
                    [&] { return features.client_devices.run_once(now); },
                    [&] { return features.limit_tally.run_once(now); },
                    [&] { return db.maintain(Database::Maintenance::RestoreReserve); },
                });
            }};
}

Job erasure_job(Features& features)
{
    Database& db = *features.foundation.database;
    return {"erasure", 5min, [&features, &db](Instant now) -> Result<void> {
                KS_CHECK(features.erasure.run_once(now));
                return db.maintain(Database::Maintenance::TruncateLog);
            }};
}

void wake_webhook_workers(Features& features, const Wake& wake)
{
    for (std::uint32_t number = 1; number <= features.foundation.settings.webhook.threads;
         ++number) {
        wake(webhook_job(number));
    }
}

/// One that finds what is due and forgets what is over, and the workers. Every second worker serves
/// receivers that answer well alone.
void add_webhook_jobs(std::vector<Job>& jobs, Features& features, const Wake& wake)
{
    const std::uint32_t threads = features.foundation.settings.webhook.threads;
    jobs.push_back({"hook-look", 2s, [&features, wake](Instant now) -> Result<void> {
                        KS_TRY(const bool any, features.webhook_deliveries.look(now));
                        if (any) {
                            wake_webhook_workers(features, wake);
                        }
                        return {};
                    }});
    jobs.push_back({"hook-sweep", 15s,
                    [&features](Instant now) { return features.webhook_deliveries.sweep(now); }});
    for (std::uint32_t number = 1; number <= threads; ++number) {
        const auto kind =
            number % 2 == 1 ? webhook::WorkerKind::AnyLane : webhook::WorkerKind::GoodLanesOnly;
        jobs.push_back({webhook_job(number), 1min,
                        [&features, wake, kind, number](Instant) -> Result<void> {
                            KS_TRY(const bool worked, features.webhook_deliveries.work(kind));
                            if (worked) { // Again, unless the server is stopping.
                                wake(webhook_job(number));
                            }
                            return {};
                        },
                        kDeliveringNice});
    }
}

} // namespace

std::string webhook_job(std::uint32_t number)
{
    return "hook-" + std::to_string(number);
}

std::vector<Job> background_jobs(Features& features, const Wake& wake)
{
    Database& db = *features.foundation.database;
    std::vector<Job> jobs;
    jobs.push_back(
        {std::string(kOutboxJob), 10s, [&features](Instant) { return send_mails(features); }});
    add_webhook_jobs(jobs, features, wake);
    jobs.push_back({"activity", 15s, [&features, &db](Instant) {
                        return run_all({
                            [&] {
                                return features.sessions.write_activity(
                                    db, session::SessionService::ActivityShare::OneRun);
                            },
                            [&] { return features.token_usage.write_uses(db); },
                            [&] { return features.hosts.write_seen(db); },
                        });
                    }});
    jobs.push_back(sweep_job(features));
    jobs.push_back(erasure_job(features));
    // More often than the trust in the lock runs out (storage/postgres/node_lock.h).
    jobs.push_back({"health", 2s, [&db](Instant) { return db.health(); }});
    jobs.push_back({"time", 5s, [&features](Instant) { return keep_time(features); }});
    jobs.push_back(
        {"optimize", 6h, [&db](Instant) { return db.maintain(Database::Maintenance::Optimize); }});
    if (features.checkpoint_sender.has_places()) {
        jobs.push_back(
            {"checkpoint", features.foundation.settings.audit.checkpoint_interval,
             [&features](Instant now) { return features.checkpoint_sender.run_once(now); }});
    }
    if (features.audit_shipping.has_place()) {
        jobs.push_back({"audit-ship", 1s,
                        [&features](Instant now) { return features.audit_shipping.run_once(now); },
                        kDeliveringNice});
    }
    jobs.push_back({"audit-index", 1s,
                    [&features, &db](Instant) { return features.audit_index.run_once(db); }});
    jobs.push_back({"retention", 10min, [&features](Instant) -> Result<void> {
                        KS_TRY([[maybe_unused]] const auto report,
                               features.audit_retention.run_once());
                        return {};
                    }});
    if (db.engine() == Database::Engine::Postgres) {
        jobs.push_back({"sequencer", 500ms,
                        [&features](Instant now) { return features.sequencer.run_once(now); }});
    }
    return jobs;
}

void add_gauges(http::Metrics& metrics, Features& features)
{
    if (features.audit_shipping.has_place()) {
        metrics.add_gauge("keystead_audit_ship_waiting_events",
                          "Audit events that the receiver has not taken yet.",
                          [&features] { return double(features.audit_shipping.waiting_events()); });
        metrics.add_gauge(
            "keystead_audit_ship_failing_seconds",
            "How long the receiver of the audit log has taken nothing; 0 while it does.",
            [&features] { return double(features.audit_shipping.failing_for().count()); });
    }
    const std::string& certificate = features.foundation.settings.server.tls_certificate;
    if (!certificate.empty()) {
        metrics.add_gauge(
            "keystead_certificate_end_seconds", "When the certificate ends, seconds since 1970.",
            [&certificate]() -> double {
                const auto end = certificate_end(certificate);
                return end ? std::chrono::duration<double>(end->time_since_epoch()).count() : 0;
            });
    }
}

} // namespace keystead::app
