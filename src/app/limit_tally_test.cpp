#include "app/limit_tally.h"

#include "test/support/recorders.h"
#include "test/support/test_database.h"

#include <gtest/gtest.h>

namespace keystead::app {
namespace {

// guards: many refusals leave one record a source, and none when nothing was refused
TEST(LimitTally, RecordsOneEventASource)
{
    test::TestDatabase database;
    test::RecordingAudit audit;
    LimitTally tally(*database, audit);
    for (int i = 0; i < 100; ++i) {
        tally.note(LimitTally::Refusal::Limit, *IpAddress::parse("203.0.113.7"));
        tally.note(LimitTally::Refusal::Limit,
                   *IpAddress::parse("2001:db8::" + std::to_string(i + 1))); // One /64.
    }
    tally.note(LimitTally::Refusal::Link, *IpAddress::parse("203.0.113.7"));
    ASSERT_TRUE(tally.run_once(Instant{}));
    EXPECT_EQ(audit.count("limit.refuse", audit::Outcome::Refused), 2);
    EXPECT_EQ(audit.count("link.refuse", audit::Outcome::Refused), 1);
    ASSERT_TRUE(tally.run_once(Instant{}));
    EXPECT_EQ(audit.count("limit.refuse", audit::Outcome::Refused), 2);
}

// guards: memory is bounded however many sources there are
TEST(LimitTally, CountsSourcesBeyondTheBoundTogether)
{
    test::TestDatabase database;
    test::RecordingAudit audit;
    LimitTally tally(*database, audit);
    for (int i = 0; i < 2000; ++i) {
        tally.note(LimitTally::Refusal::Limit, *IpAddress::parse("10.0." + std::to_string(i / 250) +
                                                                 "." + std::to_string(i % 250)));
    }
    ASSERT_TRUE(tally.run_once(Instant{}));
    EXPECT_EQ(audit.count("limit.refuse", audit::Outcome::Refused),
              static_cast<int>(LimitTally::kSourcesMax) + 1);
}

} // namespace
} // namespace keystead::app
