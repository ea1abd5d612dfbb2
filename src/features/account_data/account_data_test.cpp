#include "features/account_data/deletion_service.h"
#include "features/account_data/export_service.h"

#include "test/support/account_world.h"
#include "test/support/failing_database.h"

#include <gtest/gtest.h>

namespace keystead::account_data {
namespace {

using std::chrono::hours;

class AccountDataTest : public testing::TestWithParam<Database::Engine> {
protected:
    Result<Instant> request()
    {
        return world_.database->write([&](WriteTx& tx) { return deletion_.request(tx, owner_); });
    }
    Result<void> cancel()
    {
        return world_.database->write([&](WriteTx& tx) { return deletion_.cancel(tx, owner_); });
    }
    ErasureJob job_on(Database& database)
    {
        return {database,
                world_.accounts,
                world_.sessions,
                world_.links,
                world_.mails,
                {{"test",
                  [this](WriteTx&, AccountId id) -> Result<void> {
                      erased_.push_back(id);
                      return {};
                  }}},
                world_.audit};
    }
    std::int64_t rows()
    {
        return world_.count_rows(
            "SELECT (SELECT count(*) FROM account) + (SELECT count(*) FROM email_claim) + "
            "(SELECT count(*) FROM account_address) + (SELECT count(*) FROM team) + "
            "(SELECT count(*) FROM link)");
    }

    test::AccountWorld world_{GetParam()};
    std::vector<AccountId> erased_;
    DeletionService deletion_{world_.accounts, world_.notices, world_.audit, world_.settings,
                              world_.clock};
    Actor owner_ = world_.owner_of(world_.create("ada@example.com")->id);
};
INSTANTIATE_TEST_SUITE_P(Engines, AccountDataTest, testing::ValuesIn(test::engines()),
                         test::engine_name);

// guards: K-16: nothing is erased before the waiting time is over, and everything afterwards
TEST_P(AccountDataTest, ErasesAfterTheWaitingTime)
{
    ErasureJob job = job_on(*world_.database);
    const auto delete_at = request();
    ASSERT_TRUE(delete_at);
    EXPECT_EQ(*delete_at, world_.clock.now() + world_.settings.deletion_wait);
    EXPECT_EQ(request().error().code, "account/deletion-pending");
    EXPECT_EQ(world_.mails.take().at(0).purpose, notify::Purpose::DeletionRequested);
    ASSERT_TRUE(job.run_once(*delete_at - std::chrono::seconds{1}));
    EXPECT_TRUE(erased_.empty());
    world_.clock.advance(world_.settings.deletion_wait);
    ASSERT_TRUE(job.run_once(world_.clock.now()));
    EXPECT_EQ(erased_, std::vector{owner_.account});
    EXPECT_EQ(rows(), 0);
    const auto mails = world_.mails.take();
    ASSERT_EQ(mails.size(), 1U);
    EXPECT_EQ(mails[0].purpose, notify::Purpose::AccountDeleted);
    EXPECT_EQ(mails[0].to, "ada@example.com");
    ASSERT_EQ(world_.sessions.ended.size(), 1U);
    EXPECT_EQ(world_.audit.count("account.erase"), 1);
    EXPECT_TRUE(world_.create("ada@example.com"));
}

TEST_P(AccountDataTest, ErasesNothingThatWasCancelled)
{
    ErasureJob job = job_on(*world_.database);
    ASSERT_TRUE(request());
    ASSERT_TRUE(cancel());
    EXPECT_EQ(cancel().error().code, "account/deletion-not-pending");
    world_.clock.advance(world_.settings.deletion_wait);
    ASSERT_TRUE(job.run_once(world_.clock.now()));
    EXPECT_TRUE(erased_.empty());
    EXPECT_TRUE(world_.load(owner_.account));
}

// guards: an erasure is whole or has not happened
TEST_P(AccountDataTest, ErasesAllOrNothing)
{
    ASSERT_TRUE(request());
    world_.clock.advance(world_.settings.deletion_wait);
    const auto before = rows();
    world_.mails.take();
    test::FailingDatabase failing(*world_.database);
    ErasureJob job = job_on(failing);
    for (int n = 1;; ++n) {
        failing.fail_at(n);
        const auto outcome = job.run_once(world_.clock.now());
        if (!failing.has_failed()) {
            EXPECT_TRUE(outcome);
            break;
        }
        ASSERT_FALSE(outcome);
        ASSERT_EQ(rows(), before);
        ASSERT_TRUE(world_.mails.take().empty());
    }
    EXPECT_EQ(rows(), 0);
}

// guards: the download has a member a source, is recorded, and fails rather than leave one out
TEST_P(AccountDataTest, ExportsWhatTheSourcesGive)
{
    bool fails = false;
    ExportService exports(world_.accounts, world_.addresses,
                          {{"sessions",
                            [&](ReadTx&, AccountId, JsonWriter& json) -> Result<void> {
                                if (fails) {
                                    return Error{ErrorKind::Unavailable, "storage/unavailable"};
                                }
                                json.begin_array().value("one").end_array();
                                return {};
                            }}},
                          world_.audit, world_.clock);
    const auto make = [&] {
        return world_.database->write([&](WriteTx& tx) { return exports.make(tx, owner_); });
    };
    const auto text = make();
    ASSERT_TRUE(text);
    const auto parsed = parse_json(*text);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->find("account")->find("email")->string(), "ada@example.com");
    EXPECT_EQ(parsed->find("addresses")->array().size(), 1U);
    EXPECT_EQ(parsed->find("sessions")->array()[0].string(), "one");
    EXPECT_EQ(world_.audit.count("account.export"), 1);
    fails = true;
    EXPECT_FALSE(make());
    EXPECT_EQ(world_.audit.count("account.export"), 1);
}

} // namespace
} // namespace keystead::account_data
