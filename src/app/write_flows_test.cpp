// Every flow that changes something, each of its storage calls failing in turn: statement or
// commit, the first, the second, … the last. Each time either nothing has happened, or what an
// earlier transaction of the flow is meant to leave (an attempt counted, before a hash); the log
// verifies; and the same request, sent again, succeeds.
#include "features/audit/audit_verification.h"
#include "http/method.h"
#include "test/support/table_contents.h"
#include "test/support/write_flows.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace keystead::app {
namespace {

using test::Flow;
using test::Person;
using World = test::PeopledWorld;

/// Tables that say how often something was tried and what was recorded, or that grant nothing.
const std::set<std::string, std::less<>> kAside = {
    "attempt_budget", "attempt_upkeep", "audit_event",      "audit_value",      "audit_tile",
    "audit_tree",     "node",           "session_activity", "schema_migration",
};

struct State {
    test::TableContents tables;
    std::size_t events = 0;
};

State state_of(const World& world)
{
    State state{.tables = test::read_tables(world.stored())};
    state.events = state.tables.at("audit_event").size();
    std::erase_if(state.tables, [](const auto& table) { return kAside.contains(table.first); });
    return state;
}

std::set<std::string> changed_tables(const State& before, const State& after)
{
    std::set<std::string> changed;
    for (const auto& [name, rows] : after.tables) {
        if (before.tables.at(name) != rows) {
            changed.insert(name);
        }
    }
    return changed;
}

void expect_log_verifies(World& world)
{
    if (world.database().engine() == Database::Engine::Postgres) {
        ASSERT_TRUE(world.features().sequencer.run_once(world.now()));
    }
    const auto found = world.database().read([&](ReadTx& tx) { return audit::verify_all(tx); });
    ASSERT_TRUE(found);
    EXPECT_EQ(found->faults, std::vector<std::string>{});
    EXPECT_EQ(found->unnumbered, 0U);
}

/// Answers how many calls could fail.
int fail_each_call(World& world, const Flow& flow)
{
    constexpr int kCallsMax = 300;
    Person one = flow.begin(world);
    State before = state_of(world);
    for (int n = 1; n < kCallsMax; ++n) {
        world.forget_attempts();
        world.failing().fail_at(n);
        const auto outcome = flow.run(world, one);
        const bool has_failed = world.failing().has_failed();
        world.failing().fail_at(0);
        State after = state_of(world);
        const auto changed = changed_tables(before, after);
        if (!has_failed) {
            EXPECT_TRUE(outcome) << flow.name << " at last: " << outcome.error().code << " "
                                 << outcome.error().cause;
            EXPECT_FALSE(changed.empty()) << flow.name;
            EXPECT_GT(after.events, before.events) << flow.name;
            expect_log_verifies(world);
            return n - 1;
        }
        EXPECT_FALSE(outcome) << flow.name << ": call " << n << " failed, the flow did not";
        if (changed.empty()) {
            continue;
        }
        std::set<std::string> unexpected;
        std::ranges::set_difference(changed, flow.earlier,
                                    std::inserter(unexpected, unexpected.end()));
        EXPECT_EQ(unexpected, std::set<std::string>{})
            << flow.name << " left something half-done at call " << n;
        expect_log_verifies(world);
        one = flow.begin(world);
        before = state_of(world);
    }
    ADD_FAILURE() << flow.name << " never ends";
    return 0;
}

class WriteFlows : public testing::TestWithParam<Database::Engine> {};

// guards: nothing half-done when storage fails at any call of any flow
TEST_P(WriteFlows, AreAllOrNothingWhicheverCallFails)
{
    for (const Flow& flow : test::all_write_flows()) {
        World world(GetParam());
        EXPECT_GT(fail_each_call(world, flow), 1) << flow.name;
    }
}

// guards: a flow that is added is added above, too
TEST(WriteFlowTable, HoldsEveryRouteThatChangesSomething)
{
    const std::set<std::string> read_only = {"POST /v1/hosts/ended", "POST /v1/introspect",
                                             "POST /v1/ssh-keys/compromised/challenge"};
    std::set<std::string> missing;
    World world(Database::Engine::Sqlite);
    for (const auto& route : world.routes().routes()) {
        const std::string name =
            std::string(http::method_name(route->method)) + " " + std::string(route->path);
        if (route->method != http::Method::Get && !read_only.contains(name)) {
            missing.insert(name);
        }
    }
    for (const Flow& flow : test::all_write_flows()) {
        missing.erase(flow.name);
    }
    EXPECT_EQ(missing, std::set<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(Engines, WriteFlows, testing::ValuesIn(test::engines()),
                         test::engine_name);

} // namespace
} // namespace keystead::app
