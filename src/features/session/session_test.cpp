#include "features/session/session.h"

#include <gtest/gtest.h>

namespace keystead::session {
namespace {

using namespace std::chrono_literals;
constexpr Instant kNow{std::chrono::sys_days{std::chrono::year{2026} / 1 / 15}};

// guards: what a session was established with survives storage
TEST(SessionMethods, AreReadBackAsTheyWereStored)
{
    const auto both = Methods(Method::Password).with(Method::BackupCode);
    EXPECT_EQ(both.stored(), "password,backup-code");
    EXPECT_EQ(Methods::from_stored(both.stored()), both);
    EXPECT_EQ(Methods::from_stored("nonsense,totp,"), Methods(Method::Totp));
    EXPECT_FALSE(Methods::from_stored("").has_first_factor());
}

// guards: idle and absolute limits, to the microsecond
TEST(Session, IsOverAtItsLimitsAndNotBefore)
{
    Session session;
    session.last_active_at = kNow;
    session.idle_timeout = 30min;
    session.expires_at = kNow + 1h;
    EXPECT_FALSE(session.is_over(kNow + 30min - 1us));
    EXPECT_TRUE(session.is_over(kNow + 30min));
    session.last_active_at = kNow + 50min;
    EXPECT_FALSE(session.is_over(kNow + 1h - 1us));
    EXPECT_TRUE(session.is_over(kNow + 1h));
}

// guards: a shared device gets the short idle timeout and a cookie that ends with the browser,
// whatever the preset
TEST(SessionLifetimes, OfASharedDeviceAreShort)
{
    SessionSettings settings;
    settings.idle_timeout.reset();
    settings.absolute_lifetime = 7 * 24h;
    const auto limits = lifetimes(settings, DeviceTrust::Shared, kNow);
    EXPECT_EQ(limits.idle_timeout, std::optional<std::chrono::microseconds>(30min));
    EXPECT_EQ(limits.expires_at, kNow + 7 * 24h);
    EXPECT_FALSE(limits.cookie_max_age.has_value());
}

// guards: remember-me lengthens the idle timeout only where the preset offers it
TEST(SessionLifetimes, FollowRememberMe)
{
    SessionSettings settings;
    settings.idle_timeout = 8h;
    EXPECT_EQ(lifetimes(settings, DeviceTrust::Remembered, kNow).idle_timeout,
              std::optional<std::chrono::microseconds>(8h));
    settings.idle_timeout_remembered = 30 * 24h;
    EXPECT_EQ(lifetimes(settings, DeviceTrust::Remembered, kNow).idle_timeout,
              std::optional<std::chrono::microseconds>(30 * 24h));
    const auto own = lifetimes(settings, DeviceTrust::Own, kNow);
    EXPECT_EQ(own.idle_timeout, std::optional<std::chrono::microseconds>(8h));
    EXPECT_FALSE(own.cookie_max_age.has_value());
}

} // namespace
} // namespace keystead::session
