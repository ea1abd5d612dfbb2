// An audit log of any length, appended and numbered by the real services. Actors, actions, targets,
// addresses and outcomes are drawn unevenly, as life does: few are frequent, most are rare.
#include "test/bench/tool/commands.h"
#include "test/bench/tool/world.h"

#include "features/audit/audit_sequencer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::bench {
namespace {

constexpr std::array<std::string_view, 12> kActions{
    "session.create", "session.revoke",  "sign-in.refuse",   "password.change",
    "totp.verify",    "backup-code.use", "account.update",   "session.renew",
    "link.open",      "device.know",     "recovery.request", "session.expire"};
constexpr std::uint64_t kBatch = 1000;

/// SplitMix64: the same log for everyone.
class Dice {
public:
    std::uint64_t next()
    {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31);
    }
    /// Below `bound`; half of all throws fall below its tenth.
    std::uint64_t uneven(std::uint64_t bound)
    {
        const std::uint64_t narrow = next() % 2 == 0 ? bound : (bound + 9) / 10;
        return next() % narrow;
    }

private:
    std::uint64_t state_ = 20260115;
};

struct Cast {
    std::vector<AccountId> accounts;
    std::vector<IpAddress> addresses;
    std::vector<std::string> sessions;
};

Cast make_cast(World& world, std::uint64_t accounts)
{
    Cast cast;
    const Instant now = world.foundation->clock.now();
    for (std::uint64_t i = 0; i < accounts; ++i) {
        cast.accounts.push_back(AccountId::make(now, world.foundation->random));
        cast.sessions.push_back(SessionId::make(now, world.foundation->random).text());
    }
    for (int i = 0; i < 2000; ++i) {
        cast.addresses.push_back(*IpAddress::parse("10." + std::to_string(i / 250) + "." +
                                                   std::to_string(i % 250) + ".7"));
    }
    return cast;
}

Result<void> append_one(World& world, WriteTx& tx, const Cast& cast, Dice& dice)
{
    Actor actor = browser_of(cast.accounts[dice.uneven(cast.accounts.size())]);
    actor.ip = cast.addresses[dice.uneven(cast.addresses.size())];
    const auto kind = dice.uneven(kActions.size());
    const auto outcome = dice.next() % 10 == 0 ? audit::Outcome::Refused : audit::Outcome::Ok;
    return world.features->audit.append(
        tx, {.actor = actor,
             .action = kActions[kind],
             .outcome = outcome,
             .target = {"session", cast.sessions[dice.uneven(cast.sessions.size())]},
             .details = {{"by", "password"}}});
}

} // namespace

int seed_events(const Arguments& arguments)
{
    World world = open_world();
    const auto count = arguments.number("--count");
    const Cast cast = make_cast(world, arguments.number_or("--accounts", 20000));
    Dice dice;
    for (std::uint64_t done = 0; done < count; done += kBatch) {
        must(world.database().write([&](WriteTx& tx) -> Result<void> {
            for (std::uint64_t i = 0; i < std::min(kBatch, count - done); ++i) {
                KS_CHECK(append_one(world, tx, cast, dice));
            }
            return {};
        }));
    }
    if (world.database().engine() == Database::Engine::Postgres) {
        must(world.features->sequencer.run_once(world.foundation->clock.now()));
    }
    std::printf("{\"events\":%llu}\n", static_cast<unsigned long long>(count));
    return 0;
}

} // namespace keystead::bench
