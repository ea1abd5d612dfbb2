#include "features/host/host_report_service.h"

#include "test/support/failing_database.h"
#include "test/support/host_world.h"

#include <gtest/gtest.h>

#include <string>

namespace keystead::host {
namespace {

using namespace std::chrono_literals;

class HostReports : public testing::TestWithParam<Database::Engine>, protected test::HostWorld {
protected:
    HostReports() : HostWorld(GetParam()) {}

    Result<void> take(const Holder& holder, const Report& report)
    {
        return reports.take(*world.database, Actor{}, holder, report);
    }
    Report logins(int from, int count)
    {
        Report report;
        for (int i = from; i < from + count; ++i) {
            report.logins.push_back({"login-" + std::to_string(i), "root", "SHA256:none",
                                     "192.0.2.1", world.clock.now()});
        }
        return report;
    }
    std::int64_t stored_logins() { return world.count_rows("SELECT COUNT(*) FROM host_login"); }
};

// guards: whoever rents a server cannot fill the log, which nothing is ever deleted from
TEST_P(HostReports, AreOfSoManyLoginsAMinute)
{
    const Holder holder = enrolled(ada);
    const Holder other = enrolled(bob);
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(take(holder, logins(100 * i, 100)));
    }
    const auto refused = take(holder, logins(300, 1));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::RateLimited);
    EXPECT_EQ(refused.error().code, "host/too-many-logins");
    EXPECT_EQ(refused.error().retry_after, 2s);
    EXPECT_EQ(world.audit.count("ssh_key.use"), 300);
    EXPECT_EQ(stored_logins(), 300) << "nothing of it is done";
    EXPECT_TRUE(take(holder, {.applied = digest_of(holder)})) << "what else it says is heard";
    EXPECT_TRUE(take(other, logins(0, 100)));
    world.clock.advance(2s);
    EXPECT_TRUE(take(holder, logins(300, 1)));
}

// guards: a report is taken as a whole or not at all
TEST_P(HostReports, AreAllOrNothing)
{
    const auto key = add_key(ada);
    const Holder holder = enrolled(ada);
    revoke(key);
    keystead::test::FailingDatabase failing(*world.database);
    bool has_passed = false;
    for (int n = 1; n < 50 && !has_passed; ++n) {
        Report report = logins(n, 1);
        report.applied = digest_of(holder);
        report.ended = {{report.logins[0].login_id, world.clock.now(), EndedBy::Itself}};
        const auto before = stored_logins();
        failing.fail_at(n);
        has_passed = reports.take(failing, Actor{}, holder, report).has_value();
        failing.fail_at(0);
        EXPECT_EQ(stored_logins() - before, has_passed ? 1 : 0) << n;
        EXPECT_EQ(pending(holder), has_passed ? 0 : 1) << n;
        EXPECT_EQ(world.count_rows("SELECT COUNT(*) FROM host_seen WHERE confirmed_at IS NOT NULL"),
                  has_passed ? 1 : 0)
            << n;
        EXPECT_EQ(world.count_rows("SELECT COUNT(*) FROM host_login WHERE ended_at IS NOT NULL"),
                  has_passed ? 1 : 0)
            << n;
    }
    EXPECT_TRUE(has_passed);
}

// guards: a removal that was taken back is not counted as confirmed
TEST_P(HostReports, ConfirmNoRemovalThatWasTakenBack)
{
    const Holder holder = enrolled(ada);
    const auto wanted = new_key();
    const auto add = [&] {
        return *write(
            [&](WriteTx& tx) { return ssh_keys.add(tx, world.owner_of(ada), ada, wanted); });
    };
    const auto first = add();
    const std::string while_valid = digest_of(holder);
    revoke(first);
    EXPECT_EQ(pending(holder), 1);
    const auto again = add();
    EXPECT_EQ(digest_of(holder).size(), while_valid.size());
    ASSERT_TRUE(take(holder, {.applied = digest_of(holder)})); // It has never been without the key.
    EXPECT_EQ(pending(holder), 0);
    const auto servers = *read([&](ReadTx& tx) { return reports.servers_of(tx, ada, again.id); });
    EXPECT_TRUE(servers.removals.empty());
    EXPECT_EQ(world.count_rows("SELECT COUNT(*) FROM host_removal"), 0) << "none was confirmed";
    revoke(again);
    EXPECT_EQ(pending(holder), 1);
    ASSERT_TRUE(take(holder, {.applied = while_valid}));
    EXPECT_EQ(pending(holder), 1) << "what it said before says nothing of now";
    ASSERT_TRUE(take(holder, {.applied = digest_of(holder)}));
    EXPECT_EQ(pending(holder), 0);
    EXPECT_TRUE(refuses(holder, again));
}

INSTANTIATE_TEST_SUITE_P(Engines, HostReports, testing::ValuesIn(keystead::test::engines()),
                         keystead::test::engine_name);

} // namespace
} // namespace keystead::host
