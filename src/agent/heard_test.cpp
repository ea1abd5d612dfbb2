#include "agent/heard.h"

#include "test/support/fake_clock.h"

#include <gtest/gtest.h>

namespace keystead::agent {
namespace {

using namespace std::chrono_literals;

struct WhatWasHeard : testing::Test {
    test::FakeClock clock;
    Statement kept = [this] {
        Statement statement;
        statement.host = "hst_1";
        statement.issued = clock.now();
        statement.expires = clock.now() + 900s;
        statement.content = Digest{std::byte{1}};
        return statement;
    }();
    Heard heard{"boot-1", kept.content, kept.issued, clock.since_boot()};

    bool may_serve(const std::optional<Heard>& what)
    {
        const auto over = kept_over_at(kept, what, clock);
        return over && clock.since_boot() < *over;
    }
};

TEST_F(WhatWasHeard, IsWrittenAndRead)
{
    const auto read = parse_heard(heard_text(heard));
    ASSERT_TRUE(read);
    EXPECT_EQ(heard_text(*read), heard_text(heard));
    EXPECT_EQ(read->boot, "boot-1");
    for (const char* const wrong : {"", "heard\n", "heard a b c d\n", "heard boot-1"}) {
        EXPECT_FALSE(parse_heard(wrong)) << wrong;
    }
}

// guards: what lies on the disk is served while it is what was heard last, and no longer
TEST_F(WhatWasHeard, IsAllThatIsServed)
{
    EXPECT_TRUE(may_serve(heard));
    heard.issued += 60s;
    EXPECT_TRUE(may_serve(heard)) << "the same list, said again";
    heard.issued -= 120s;
    EXPECT_FALSE(may_serve(heard)) << "nobody here heard it";
    heard.issued += 120s;
    heard.content[0] = std::byte{2};
    EXPECT_FALSE(may_serve(heard)) << "a newer list was heard";
}

// guards: fifteen minutes are so by this machine's own count, whatever its calendar says
TEST_F(WhatWasHeard, IsOverAfterFifteenMinutesThoughTheCalendarGoesBack)
{
    clock.advance(899s);
    EXPECT_TRUE(may_serve(heard));
    EXPECT_TRUE(may_serve(std::nullopt)) << "after a boot the calendar says";
    clock.advance(1s);
    EXPECT_FALSE(may_serve(heard));
    EXPECT_FALSE(may_serve(std::nullopt));
    clock.set(clock.now() - 600s);
    EXPECT_TRUE(holds_at(kept, clock.now()));
    EXPECT_FALSE(may_serve(heard));
}

} // namespace
} // namespace keystead::agent
