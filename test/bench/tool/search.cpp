// The newest 50 events by every pair of actor, action, target, address and outcome, with a time and
// without, found by the real service in one transaction each. The hard pairs: each value stands in
// nearly half of the log, and the two never together.
#include "test/bench/tool/commands.h"
#include "test/bench/tool/world.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::bench {
namespace {

using Steady = std::chrono::steady_clock;
using audit_search::Filter;

constexpr std::uint64_t kBatch = 1000;
constexpr std::array<std::string_view, 5> kFields{"actor", "action", "target", "ip", "outcome"};

/// What stands in even entries (0) and in odd ones (1).
struct Side {
    AccountId account;
    std::string_view action;
    std::string target;
    IpAddress ip;
    audit::Outcome outcome;
};

std::array<Side, 2> sides()
{
    IdBytes first{};
    first.fill(std::byte{1});
    IdBytes second{};
    second.fill(std::byte{2});
    return {Side{AccountId{first}, "session.create", SessionId{first}.text(),
                 *IpAddress::parse("10.0.0.1"), audit::Outcome::Ok},
            Side{AccountId{second}, "session.revoke", SessionId{second}.text(),
                 *IpAddress::parse("10.0.0.2"), audit::Outcome::Refused}};
}

Result<void> append_one(World& world, WriteTx& tx, const Side& side, std::uint64_t number)
{
    // Every tenth entry is of somebody rare, as most are in life.
    const bool rare = number % 10 == 9;
    Random& random = world.foundation->random;
    const Instant now = world.foundation->clock.now();
    Actor actor = browser_of(rare ? AccountId::make(now, random) : side.account);
    actor.ip = side.ip;
    return world.features->audit.append(
        tx, {.actor = actor,
             .action = side.action,
             .outcome = side.outcome,
             .target = {"session", rare ? SessionId::make(now, random).text() : side.target},
             .details = {{"by", "password"}}});
}

void set_field(World& world, Filter& filter, std::string_view field, const Side& side)
{
    if (field == "actor") {
        filter.actor = audit_search::ActorFilter{ActorKind::Account, side.account.bytes()};
    } else if (field == "action") {
        filter.action = side.action;
    } else if (field == "target") {
        filter.target = side.target;
    } else if (field == "ip") {
        filter.ip = world.features->audit_reader.digest_of(side.ip);
    } else {
        filter.outcome = side.outcome;
    }
}

struct Times {
    Instant first;
    Instant last;
};

double find_millis(World& world, const Filter& filter)
{
    const auto begin = Steady::now();
    (void)must(world.database().read([&](ReadTx& tx) {
        return world.features->audit_search.newest(tx, filter, std::nullopt, 50);
    }));
    return std::chrono::duration<double, std::milli>(Steady::now() - begin).count();
}

/// Without a time, of the last tenth of the log, and of the first.
std::vector<Filter> with_times(const Filter& filter, const Times& times)
{
    const auto tenth = (times.last - times.first) / 10;
    std::vector<Filter> all(3, filter);
    all[1].from = times.last - tenth;
    all[2].before = times.first + tenth;
    return all;
}

} // namespace

int seed_search(const Arguments& arguments)
{
    World world = open_world();
    const auto count = arguments.number("--count");
    const auto both = sides();
    for (std::uint64_t done = 0; done < count; done += kBatch) {
        must(world.database().write([&](WriteTx& tx) -> Result<void> {
            for (std::uint64_t i = done; i < std::min(done + kBatch, count); ++i) {
                KS_CHECK(append_one(world, tx, both[i % 2], i));
            }
            return {};
        }));
    }
    must(world.features->sequencer.run_once(world.foundation->clock.now()));
    const auto begin = Steady::now();
    for (std::uint64_t run = 0; run <= count / (256 * 1024); ++run) {
        must(world.features->audit_index.run_once(world.database()));
    }
    const double seconds = std::chrono::duration<double>(Steady::now() - begin).count();
    std::printf("{\"events\":%llu,\"indexing_seconds\":%.3f}\n",
                static_cast<unsigned long long>(count), seconds);
    return 0;
}

int search(const Arguments& arguments)
{
    World world = open_world();
    const auto rounds = arguments.number_or("--rounds", 40);
    const auto both = sides();
    const Times times = must(world.database().read([&](ReadTx& tx) -> Result<Times> {
        KS_TRY(const auto size, world.features->audit_reader.tree_size(tx));
        KS_TRY(const auto first, world.features->audit_reader.list_range(tx, 0, 1));
        KS_TRY(const auto last, world.features->audit_reader.list_range(tx, size - 1, 1));
        return Times{first.at(0).event.at, last.at(0).event.at};
    }));
    std::vector<double> hard;
    std::vector<double> easy;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        for (std::size_t a = 0; a < kFields.size(); ++a) {
            for (std::size_t b = a + 1; b < kFields.size(); ++b) {
                for (const std::size_t other : {std::size_t{0}, std::size_t{1}}) {
                    Filter filter;
                    set_field(world, filter, kFields[a], both[0]);
                    set_field(world, filter, kFields[b], both[other]);
                    for (const Filter& one : with_times(filter, times)) {
                        (other == 0 ? easy : hard).push_back(find_millis(world, one));
                    }
                }
            }
        }
    }
    const auto p99 = [](std::vector<double>& all) {
        std::ranges::sort(all);
        return all.at(all.size() * 99 / 100);
    };
    std::printf("{\"meet_p99_ms\":%.3f,\"never_meet_p99_ms\":%.3f}\n", p99(easy), p99(hard));
    return 0;
}

} // namespace keystead::bench
