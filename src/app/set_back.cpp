#include "app/set_back.h"

#include "app/node_clock.h"
#include "app/node_store.h"
#include "core/set_back.h"
#include "features/audit/canonical_event.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keystead::app {
namespace {

/// How old what is remembered may be: each writing is a flush to the disk.
constexpr std::chrono::seconds kRememberedEvery{60};
const Actor kSystem{.kind = ActorKind::System};

Result<void> end_what_is_over(Features& f, Instant seen)
{
    Database& db = *f.foundation.database;
    KS_CHECK(f.sessions.sweep_all(db, seen));
    KS_CHECK(f.flows.sweep(db, seen));
    return totp::TotpSweep(db, f.audit).run_once(seen);
}

struct Step {
    std::string_view name; // "sessions_ended": a detail of the audit record
    std::function<Result<int>(WriteTx&, const SetBack&)> run;
};

std::vector<Step> steps(Features& f)
{
    return {
        {"sessions_ended",
         [&f](WriteTx& tx, const SetBack& clock) {
             return f.sessions.set_back(tx, kSystem, clock);
         }},
        {"flows_ended", [&f](WriteTx& tx, const SetBack&) { return f.flows.end_everyones(tx); }},
        {"links_ended",
         [&f](WriteTx& tx, const SetBack& clock) { return f.links.set_back(tx, clock); }},
        {"api_tokens_suspended",
         [&f](WriteTx& tx, const SetBack& clock) { return f.tokens.set_back(tx, kSystem, clock); }},
        {"ssh_keys_ended",
         [&f](WriteTx& tx, const SetBack& clock) {
             return f.ssh_keys.set_back(tx, kSystem, clock);
         }},
        {"server_enrolments_ended",
         [&f](WriteTx& tx, const SetBack& clock) { return f.hosts.set_back(tx, kSystem, clock); }},
        {"accounts_put_right",
         [&f](WriteTx& tx, const SetBack& clock) {
             return f.accounts.set_back(tx, clock, f.foundation.settings.account);
         }},
        // To the same moment as the freeze of an account that is being secured: what was made
        // before that does not count as made after it.
        {"authenticators_put_right",
         [&f](WriteTx& tx, const SetBack& clock) { return f.totp.set_back(tx, clock); }},
        {"backup_codes_put_right",
         [&f](WriteTx& tx, const SetBack& clock) { return f.backup_codes.set_back(tx, clock); }},
        {"factor_resets_put_right",
         [&f](WriteTx& tx, const SetBack& clock) { return f.factor_resets.set_back(tx, clock); }},
        {"deliveries_put_right",
         [&f](WriteTx& tx, const SetBack& clock) {
             return f.webhooks.set_back(tx, kSystem, clock);
         }},
        // After those who tell their owners: what they queued is sent now.
        {"mails_put_right",
         [&f](WriteTx& tx, const SetBack& clock) { return f.outbox.set_back(tx, clock); }},
    };
}

Result<std::vector<audit::Detail>> run_steps(WriteTx& tx, Features& f, const SetBack& clock)
{
    const auto behind = std::chrono::floor<std::chrono::seconds>(clock.seen - clock.wall);
    std::vector<audit::Detail> details = {{"seconds", std::to_string(behind.count())}};
#ifndef KEYSTEAD_WITHOUT_SET_BACK
    for (const Step& step : steps(f)) {
        KS_TRY(const int count, step.run(tx, clock));
        details.push_back({step.name, std::to_string(count)});
    }
#else
    static_cast<void>(tx);
    static_cast<void>(steps(f));
#endif
    return details;
}

/// All in one transaction, with the record of it.
Result<void> put_right(Features& f, const SetBack& clock)
{
    KS_CHECK(f.foundation.database->write_essential([&](WriteTx& tx) -> Result<void> {
        KS_CHECK(NodeStore{}.lift_time_limit(tx, f.foundation.database->engine()));
        audit::Event event{.actor = kSystem, .action = audit::kSetBackAction};
        KS_TRY(event.details, run_steps(tx, f, clock));
        return f.audit.append(tx, event);
    }));
    return attempt_budget::AttemptBudgetSweep(*f.foundation.database, f.audit).run_once(clock.wall);
}

Result<std::optional<Instant>> remembered(Features& f)
{
    KS_TRY(const auto known, f.foundation.database->read(
                                 [](ReadTx& tx) { return NodeStore{}.find(tx, kLatestSeen); }));
    return known ? std::optional(from_micros(*known)) : std::nullopt;
}

} // namespace

Result<void> remember_time(Features& f)
{
    const Instant now = f.foundation.clock.now();
    return f.foundation.database->upkeep(
        [now](UpkeepTx& tx) { return NodeStore{}.put(tx, kLatestSeen, to_micros(now), now); });
}

Result<void> keep_time(Features& f)
{
    NodeClock& clock = f.foundation.clock;
    if (clock.behind() > NodeClock::kHeldMax) {
        const SetBack leap{.seen = clock.now(), .wall = clock.wall_time()};
        KS_CHECK(end_what_is_over(f, leap.seen));
        KS_CHECK(put_right(f, leap));
        clock.lower();
    }
    const Instant now = clock.now();
    KS_TRY(const auto known, remembered(f));
    if (known && *known > now) { // Just gone back: what began while that was under way, too.
        KS_CHECK(put_right(f, {.seen = now, .wall = now}));
    }
    const bool is_due = !known || *known > now || now >= *known + kRememberedEvery;
    return is_due ? remember_time(f) : Result<void>{};
}

} // namespace keystead::app
