#include "features/api_token/api_token.h"

#include <gtest/gtest.h>

#include <utility>

namespace keystead::api_token {
namespace {

using namespace std::chrono_literals;
constexpr Instant kNoon{std::chrono::sys_days{std::chrono::year{2026} / 1 / 15} + 12h};

CachedToken::Use use_at(Instant at, TokenUse kind, std::string_view from = "203.0.113.7")
{
    return {at, *IpAddress::parse(from), kind};
}

std::uint64_t uses(const CachedToken::Activity& activity, std::int64_t day, TokenUse kind)
{
    std::uint64_t sum = 0;
    for (const auto& each : activity.days) {
        sum += each.day == day ? each.uses[std::to_underlying(kind)] : 0;
    }
    return sum;
}

TEST(TokenUses, AreCountedByDayAndKind)
{
    CachedToken token;
    token.note(use_at(kNoon, TokenUse::Check));
    token.note(use_at(kNoon + 1s, TokenUse::Check, "198.51.100.9"));
    token.note(use_at(kNoon + 2s, TokenUse::Api));
    token.note(use_at(kNoon + 13h, TokenUse::Check));
    const auto taken = token.take_activity();
    const auto today = day_of(kNoon);
    EXPECT_EQ(uses(taken, today, TokenUse::Check), 2U);
    EXPECT_EQ(uses(taken, today, TokenUse::Api), 1U);
    EXPECT_EQ(uses(taken, today + 1, TokenUse::Check), 1U);
    EXPECT_EQ(taken.last_used_at, kNoon + 13h);
    EXPECT_FALSE(token.take_activity().last_used_at) << "taken once";
}

// guards: a use from elsewhere is counted as refused, and is no use
TEST(TokenUses, FromElsewhereAreRefusedOnes)
{
    CachedToken token;
    token.addresses = {*IpRange::parse("203.0.113.0/24")};
    token.note(use_at(kNoon, TokenUse::Check, "198.51.100.9"));
    const auto taken = token.take_activity();
    EXPECT_EQ(uses(taken, day_of(kNoon), TokenUse::Refused), 1U);
    EXPECT_EQ(uses(taken, day_of(kNoon), TokenUse::Check), 0U);
    EXPECT_FALSE(taken.last_used_at);
}

// guards: memory is bounded though nothing can be written for days, and no use is lost
TEST(TokenUses, OfMoreDaysThanFitAreCountedOn)
{
    CachedToken token;
    for (int day = 0; day < 5; ++day) {
        token.note(use_at(kNoon + day * 24h, TokenUse::Check));
    }
    const auto taken = token.take_activity();
    const auto today = day_of(kNoon);
    EXPECT_EQ(uses(taken, today, TokenUse::Check), 1U);
    EXPECT_EQ(uses(taken, today + 1, TokenUse::Check), 4U);
    EXPECT_EQ(taken.last_used_at, kNoon + 4 * 24h);
}

// guards: what is stored as a list comes back as that list; "any" is only what was "any"
TEST(TokenAddresses, ComeBackAsTheyWereStored)
{
    const std::vector<IpRange> ranges{*IpRange::parse("203.0.113.0/24"),
                                      *IpRange::parse("2001:db8::1")};
    const auto text = stored_ranges(ranges);
    const auto back = ranges_from_stored(text);
    ASSERT_EQ(back.size(), 2U);
    EXPECT_EQ(stored_ranges(back), text);
    EXPECT_TRUE(ranges_from_stored("").empty());
}

} // namespace
} // namespace keystead::api_token
