#include "app/set_back.h"

#include "app/node_clock.h"
#include "app/node_store.h"

#include <chrono>
#include <string>

namespace keystead::app {
namespace {

/// How old what is remembered may be: each writing is a flush to the disk.
constexpr std::chrono::seconds kRememberedEvery{60};

Result<void> end_what_is_over(Features& f, Instant seen)
{
    Database& db = *f.foundation.database;
    KS_CHECK(f.sessions.sweep(db, seen));
    KS_CHECK(f.flows.sweep(db, seen));
    return totp::TotpSweep(db, f.audit).run_once(seen);
}

/// Times in the future would keep a step-up fresh and a mail unsent until they come. (Attempt
/// budgets settle theirs by themselves.)
Result<void> put_right(Features& f, Instant seen, Instant wall)
{
    const Actor system{.kind = ActorKind::System};
    return f.foundation.database->write_essential([&](WriteTx& tx) -> Result<void> {
        KS_TRY(const int links, f.links.void_expired(tx, seen));
        KS_TRY(const int sessions, f.sessions.end_begun_after(tx, system, wall));
        KS_CHECK(f.outbox.send_waiting_now(tx, wall));
        const auto behind = std::chrono::floor<std::chrono::seconds>(seen - wall);
        return f.audit.append(tx, {.actor = system,
                                   .action = "clock.set-back",
                                   .details = {{"seconds", std::to_string(behind.count())},
                                               {"links_ended", std::to_string(links)},
                                               {"sessions_ended", std::to_string(sessions)}}});
    });
}

/// Whether what is remembered is too old, or later than the time that was gone back to.
Result<bool> is_due(Features& f)
{
    const Instant now = f.foundation.clock.now();
    KS_TRY(const auto known, f.foundation.database->read(
                                 [](ReadTx& tx) { return NodeStore{}.find(tx, kLatestSeen); }));
    return !known || from_micros(*known) > now || now >= from_micros(*known) + kRememberedEvery;
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
        const Instant seen = clock.now();
        KS_CHECK(end_what_is_over(f, seen));
        KS_CHECK(put_right(f, seen, clock.wall_time()));
        clock.lower();
    }
    KS_TRY(const bool due, is_due(f));
    return due ? remember_time(f) : Result<void>{};
}

} // namespace keystead::app
