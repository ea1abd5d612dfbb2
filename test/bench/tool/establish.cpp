// Sessions made by the real service with audit record and tree, durable, as many at once as told:
// what a sign-in does after its hash, without HTTP.
#include "test/bench/tool/commands.h"
#include "test/bench/tool/world.h"

#include "features/audit/audit_sequencer.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

namespace keystead::bench {
namespace {

using Steady = std::chrono::steady_clock;

/// Like the server's own job, which there runs on PostgreSQL alone.
void number_events(World& world, const std::atomic<bool>& stop)
{
    while (!stop) {
        must(world.features->sequencer.run_once(world.foundation->clock.now()));
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
}

} // namespace

int establish(const Arguments& arguments)
{
    World world = open_world();
    const auto accounts_each = arguments.number_or("--accounts-each", 40);
    const auto threads = arguments.number("--threads");
    std::vector<account::Account> accounts;
    const auto stamp = to_micros(world.foundation->clock.now());
    for (std::uint64_t i = 0; i < threads * accounts_each; ++i) {
        accounts.push_back(make_account(world, "made-" + std::to_string(stamp) + '-' +
                                                   std::to_string(i) + "@example.test"));
    }
    std::atomic<std::uint64_t> count{0};
    std::atomic<std::uint64_t> refused{0};
    std::atomic<bool> stop{false};
    std::jthread sequencer;
    if (world.database().engine() == Database::Engine::Postgres) {
        sequencer = std::jthread([&] { number_events(world, stop); });
    }
    const auto begin = Steady::now();
    const auto end = begin + std::chrono::seconds(arguments.number("--seconds"));
    {
        std::vector<std::jthread> workers;
        for (std::uint64_t worker = 0; worker < threads; ++worker) {
            workers.emplace_back([&, worker] {
                for (std::uint64_t turn = 0; Steady::now() < end; ++turn) {
                    const auto& account = accounts[worker * accounts_each + turn % accounts_each];
                    const auto made = must(world.database().write(
                        [&](WriteTx& tx) { return make_session(world, tx, account); }));
                    ++(std::holds_alternative<session::Established>(made) ? count : refused);
                }
            });
        }
    }
    const double elapsed = std::chrono::duration<double>(Steady::now() - begin).count();
    stop = true;
    std::printf("{\"count\":%llu,\"refused\":%llu,\"seconds\":%.6f}\n",
                static_cast<unsigned long long>(count), static_cast<unsigned long long>(refused),
                elapsed);
    return 0;
}

} // namespace keystead::bench
