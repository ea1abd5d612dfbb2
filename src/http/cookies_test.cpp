// http/cookies_test.cpp
#include "http/cookies.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace {

using namespace keystead::http;

TEST(Cookies, FindsOursAmongOthers)
{
    OurCookies cookies;
    ASSERT_TRUE(parse_cookies(
        "theme=\"dark, really\"; __Host-keystead=ks_ses_abc; x; __Host-keystead-device=ks_dev_1",
        cookies));
    EXPECT_EQ(cookies.session, "ks_ses_abc");
    EXPECT_EQ(cookies.flow, "");
    EXPECT_EQ(cookies.device, "ks_dev_1");
    EXPECT_TRUE(parse_cookies("", cookies));
    EXPECT_EQ(cookies.session, "");
}

TEST(Cookies, NamesThoseOfOthers)
{
    std::string names;
    for_each_foreign_cookie(
        "_ga=GA1; __Host-keystead=ks_ses_abc; theme=\"a=b\";; bare ; two words=1; =x; "
        "__Host-keystead-flow=1;shop_id =7",
        [&](std::string_view name) { names.append(name).append(" "); });
    EXPECT_EQ(names, "_ga theme bare shop_id ");
}

// guards: a cookie of ours that two readers could take differently
TEST(Cookies, RefusesOursTwiceOrMalformed)
{
    OurCookies cookies;
    EXPECT_FALSE(parse_cookies("__Host-keystead=a; __Host-keystead=b", cookies));
    EXPECT_FALSE(parse_cookies("__Host-keystead=a; __Host-keystead=a", cookies));
    EXPECT_FALSE(parse_cookies("__Host-keystead=; __Host-keystead=a", cookies));
    EXPECT_FALSE(parse_cookies("__Host-keystead =a; __Host-keystead=b", cookies));
    EXPECT_FALSE(parse_cookies("__Host-keystead=\"a\"", cookies));
    EXPECT_FALSE(parse_cookies("__Host-keystead=a b", cookies));
    EXPECT_FALSE(parse_cookies("__Host-keystead", cookies));
    EXPECT_FALSE(parse_cookies("__Host-keystead=" + std::string(300, 'a'), cookies));
}

// guards: names are compared exactly; a prefix or another case is not ours
TEST(Cookies, DoesNotTakeOthersForOurs)
{
    OurCookies cookies;
    ASSERT_TRUE(
        parse_cookies("__host-keystead=a; __Host-keystead2=b; X__Host-keystead=c", cookies));
    EXPECT_EQ(cookies.session, "");
}

// guards: security.md 25
TEST(Cookies, AreSetWithEveryAttributeOfTheHostPrefix)
{
    std::string text;
    append_set_cookie(text, {"__Host-keystead", "ks_ses_1", std::chrono::seconds{60}});
    EXPECT_EQ(text, "__Host-keystead=ks_ses_1; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60");
    text.clear();
    append_set_cookie(text, {"__Host-keystead", "x", std::nullopt});
    EXPECT_EQ(text, "__Host-keystead=x; Path=/; Secure; HttpOnly; SameSite=Lax");
}

} // namespace
