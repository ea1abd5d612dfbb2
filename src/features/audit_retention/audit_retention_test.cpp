// guards: what is older than the retention goes, nothing else, and the log still verifies
#include "features/audit_retention/audit_retention_service.h"

#include "features/audit/audit_sequencer.h"
#include "features/audit/audit_verification.h"
#include "features/audit_search/audit_search_service.h"
#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"
#include "test/support/test_database.h"

#include <gtest/gtest.h>

#include <memory>

namespace keystead::audit_retention {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

class AuditRetention : public testing::TestWithParam<Database::Engine> {
protected:
    AuditRetention()
    {
        if (GetParam() == Database::Engine::Sqlite) {
            database_->set_before_commit(audit::AuditSequencer::before_commit);
        }
        restart();
    }
    void restart()
    {
        service_ = std::make_unique<AuditRetentionService>(*database_, audit_, reader_, index_,
                                                           clock_, days{30});
    }
    void append(int count)
    {
        const Actor actor{
            .kind = ActorKind::Account, .account = account_, .ip = IpAddress::parse("203.0.113.9")};
        ASSERT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
            for (int i = 0; i < count; ++i) {
                KS_CHECK(audit_.append(tx, {.actor = actor, .action = "test.step"}));
            }
            return {};
        }));
        ASSERT_TRUE(sequencer_.run_once(clock_.now()));
        ASSERT_TRUE(index_.run_once(*database_));
    }
    RetentionReport run()
    {
        auto report = service_->run_once();
        EXPECT_TRUE(report);
        EXPECT_TRUE(sequencer_.run_once(clock_.now()));
        return *report;
    }
    /// The days go by with the server running.
    RetentionReport run_for(int count)
    {
        RetentionReport report;
        for (int day = 0; day < count; ++day) {
            clock_.advance(24h);
            const auto removed = report.removed;
            report = run();
            report.removed += removed;
        }
        return report;
    }
    std::vector<std::string> faults()
    {
        return database_->read([&](ReadTx& tx) { return audit::verify_all(tx); })->faults;
    }
    std::size_t found(const audit_search::Filter& filter)
    {
        return database_
            ->read([&](ReadTx& tx) { return search_.newest(tx, filter, std::nullopt, 100); })
            ->items.size();
    }

    test::FakeClock clock_;
    test::SeededRandom random_;
    crypto::RootKeyRing keys_{Secret(32), random_};
    test::TestDatabase database_{GetParam()};
    audit::AuditService audit_{clock_, random_, keys_};
    audit::AuditSequencer sequencer_{*database_};
    audit::AuditReader reader_{keys_};
    audit_search::AuditIndexService index_{reader_};
    audit_search::AuditSearchService search_{reader_};
    AccountId account_ = AccountId::make(clock_.now(), random_);
    std::unique_ptr<AuditRetentionService> service_;
};

TEST_P(AuditRetention, RemovesWhatIsOlderAndKeepsEveryProof)
{
    (void)run();
    append(300);
    (void)run_for(10);
    append(20);
    EXPECT_EQ(run_for(20).removed, 0U); // day 30: not yet older
    const auto size = *database_->read([&](ReadTx& tx) { return reader_.tree_size(tx); });
    const auto report = run_for(1);
    EXPECT_EQ(report.removed, 300U);
    EXPECT_EQ(report.first_leaf, 300U);
    EXPECT_EQ(faults(), std::vector<std::string>{});
    EXPECT_EQ(found({.action = "test.step"}), 20U);
    EXPECT_EQ(found({.action = "audit.retention"}), 1U);
    EXPECT_EQ(found({}), 21U);
    EXPECT_TRUE(database_->read([&](ReadTx& tx) { return audit::prove_inclusion(tx, 5, size); }));
    // The removed are not in the index either.
    const auto terms = audit_search::terms_of(audit_search::Filter{.action = "test.step"});
    EXPECT_TRUE(database_
                    ->read([&](ReadTx& tx) {
                        return audit_search::AuditSearchStore().find_postings(tx, 0, terms);
                    })
                    ->empty());
}

TEST_P(AuditRetention, RemovesNothingWhenTheClockJumps)
{
    (void)run();
    append(300);
    clock_.set(clock_.now() + days{400});
    EXPECT_EQ(run().removed, 0U);
    restart();
    EXPECT_EQ(run().removed, 0U);
    EXPECT_TRUE(run().clock.waits());
    EXPECT_EQ(run_for(6).removed, 0U);
    EXPECT_EQ(run_for(1).removed, 300U); // It was no slip of the clock after all.
    EXPECT_EQ(faults(), std::vector<std::string>{});
}

// guards: somebody who deletes the beginning of the log cannot say that retention did it
TEST_P(AuditRetention, ExcusesNoMoreThanItRemoved)
{
    (void)run();
    append(10);
    (void)run_for(31);
    append(10);
    EXPECT_EQ(faults(), std::vector<std::string>{});
    ASSERT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
        KS_CHECK(tx.exec("DELETE FROM audit_value"));
        KS_CHECK(tx.exec("DELETE FROM audit_event WHERE leaf_index < 13"));
        tx.audit_recorded();
        return {};
    }));
    EXPECT_FALSE(faults().empty());
}

INSTANTIATE_TEST_SUITE_P(Engines, AuditRetention, testing::ValuesIn(test::engines()),
                         test::engine_name);

} // namespace
} // namespace keystead::audit_retention
