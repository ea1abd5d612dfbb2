// http/base_url_test.cpp
#include "http/base_url.h"

#include <gtest/gtest.h>

namespace {

using namespace keystead::http;

TEST(BaseUrl, IsTakenApart)
{
    const auto plain = BaseUrl::parse("https://Id.Example.org");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->host, "id.example.org");
    EXPECT_EQ(plain->port, 443);
    EXPECT_EQ(plain->origin(), "https://id.example.org");
    EXPECT_EQ(BaseUrl::parse("http://localhost:8080/account")->origin(), "http://localhost:8080");
    EXPECT_EQ(BaseUrl::parse("http://[::1]:81")->host, "[::1]");
    for (const auto* bad : {"", "localhost", "ftp://a", "http://", "http://u@a", "http://a:0",
                            "http://a:x", "http://a?b"}) {
        EXPECT_FALSE(BaseUrl::parse(bad)) << bad;
    }
}

// guards: security.md 14: only our own hosts are answered
TEST(HostPolicy, KnowsItsOwnHostOnly)
{
    const HostPolicy policy(*BaseUrl::parse("https://id.example.org"), 8443);
    EXPECT_EQ(policy.check("id.example.org"), HostVerdict::Ours);
    EXPECT_EQ(policy.check("ID.example.org:443"), HostVerdict::Ours);
    for (const auto* other :
         {"id.example.org:8443", "example.org", "id.example.org.", "127.0.0.1", "localhost", ""}) {
        EXPECT_EQ(policy.check(other), HostVerdict::Misdirected) << other;
    }
    EXPECT_TRUE(policy.is_our_origin("https://id.example.org"));
    for (const auto* other :
         {"http://id.example.org", "null", "https://id.example.org.evil.org", ""}) {
        EXPECT_FALSE(policy.is_our_origin(other)) << other;
    }
}

TEST(HostPolicy, SendsLoopbackAddressesToLocalhost)
{
    const HostPolicy policy(*BaseUrl::parse("http://localhost:8080"), 8080);
    EXPECT_EQ(policy.check("localhost:8080"), HostVerdict::Ours);
    EXPECT_EQ(policy.check("127.0.0.1:8080"), HostVerdict::RedirectToLocalhost);
    EXPECT_EQ(policy.localhost_origin("127.0.0.1:8080"), "http://localhost:8080");
    EXPECT_EQ(policy.localhost_origin("[::1]:8080"), "http://localhost:8080");
    EXPECT_EQ(policy.check("127.0.0.1:9"), HostVerdict::Misdirected);
}

// guards: a name that was made to lead to the metrics listener gets nothing (DNS rebinding)
TEST(HostPolicy, AnswersMetricsToAddressesAndOurName)
{
    const HostPolicy policy(*BaseUrl::parse("https://id.example.org"), 8080);
    for (const auto* const host : {"127.0.0.1:9464", "[::1]:9464", "10.1.2.3", "localhost:9464",
                                   "id.example.org:9464", "ID.example.org"}) {
        EXPECT_TRUE(policy.may_ask_for_metrics(host)) << host;
    }
    for (const auto* const host :
         {"evil.example", "127.0.0.1.evil.example:9464", "[evil]:1", "", "xlocalhost"}) {
        EXPECT_FALSE(policy.may_ask_for_metrics(host)) << host;
    }
}

} // namespace
