// guards: only URLs that every parser reads alike, of schemes and hosts that may be called
#include "outgoing/target.h"

#include <gtest/gtest.h>

#include <string>

namespace keystead::outgoing {
namespace {

std::string code_of(std::string_view url, const std::vector<std::string>& clear = {})
{
    const auto target = parse_target(url, clear);
    return target ? "ok" : std::string(target.error().code);
}

TEST(Target, TakesHttpsAddresses)
{
    const auto target = parse_target("https://Hooks.Example.com/in?x=1");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->host, "hooks.example.com");
    EXPECT_EQ(target->port, 443);
    EXPECT_FALSE(target->literal);
    EXPECT_TRUE(target->is_encrypted);
    EXPECT_EQ(parse_target("https://example.com:8443/")->port, 8443);
    EXPECT_EQ(parse_target("https://[2001:db8::1]/")->literal, IpAddress::parse("2001:db8::1"));
    EXPECT_TRUE(parse_target("https://xn--bcher-kva.example/"));
}

TEST(Target, ReadsNumbersInDisguiseAsTheAddressesTheyAre)
{
    for (const auto* url :
         {"https://127.0.0.1/", "https://0x7f.1/", "https://2130706433/", "https://017700000001/",
          "https://127.1/", "https://[::ffff:127.0.0.1]/"}) {
        const auto target = parse_target(url);
        if (target) { // Refused is as good.
            EXPECT_EQ(target->literal, IpAddress::parse("127.0.0.1")) << url;
        }
    }
}

TEST(Target, RefusesOtherSchemesUnlessAHostMayBeCalledInTheClear)
{
    EXPECT_EQ(code_of("http://example.com/"), "outgoing/not-https");
    EXPECT_EQ(code_of("http://example.com/", {"example.com"}), "ok");
    EXPECT_EQ(code_of("http://EXAMPLE.com/", {"example.com"}), "ok");
    EXPECT_EQ(code_of("http://a.example.com/", {"example.com"}), "outgoing/not-https");
    for (const auto* url : {"ftp://example.com/", "file:///etc/passwd", "gopher://example.com/",
                            "javascript:alert(1)", "dict://example.com/"}) {
        EXPECT_NE(code_of(url, {"example.com", ""}), "ok") << url;
    }
}

TEST(Target, RefusesCredentials)
{
    EXPECT_EQ(code_of("https://user@example.com/"), "outgoing/credentials-in-url");
    EXPECT_EQ(code_of("https://user:pass@example.com/"), "outgoing/credentials-in-url");
    EXPECT_NE(code_of("https://:@example.com/"), "ok");
}

TEST(Target, RefusesWhatParsersDisagreeAbout)
{
    for (const auto* url : {"",
                            "example.com",
                            "https://",
                            "https:///path",
                            "https://exa mple.com/",
                            "https://example.com\\@evil.example/",
                            "https://example.com#@evil.example/",
                            "https://example.com/#part",
                            "https://example.com:0/",
                            "https://example.com:99999/",
                            "https://exämple.com/",
                            "https://example.com./",
                            "https://-a.example/",
                            "https://a..example/",
                            "https://ex%61mple.com/",
                            "https://[fe80::1%25eth0]/",
                            "https://example.com/\r\nHost: evil",
                            "https://1.2.3/4/5@",
                            "https://a_b.example/",
                            "https://1.2.3.4.5/",
                            "https://example.0x7f/",
                            "https://256.1.1.1/"}) {
        const auto code = code_of(url);
        EXPECT_TRUE(code != "ok" || parse_target(url)->literal) << url << " -> " << code;
    }
    EXPECT_EQ(code_of("https://example.com/" + std::string(kUrlBytesMax, 'a')),
              "outgoing/invalid-url");
}

} // namespace
} // namespace keystead::outgoing
