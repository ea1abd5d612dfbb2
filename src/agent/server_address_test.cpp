#include "agent/server_address.h"

#include <gtest/gtest.h>

namespace keystead::agent {
namespace {

TEST(ServerAddress, IsTakenApart)
{
    const auto plain = parse_server_address("https://id.example.org");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->host, "id.example.org");
    EXPECT_EQ(plain->port, 443);
    EXPECT_EQ(plain->host_field, "id.example.org");
    EXPECT_EQ(plain->base_path, "");
    const auto full = parse_server_address("https://[2001:db8::1]:8443/account/");
    ASSERT_TRUE(full);
    EXPECT_EQ(full->host, "2001:db8::1");
    EXPECT_EQ(full->port, 8443);
    EXPECT_EQ(full->host_field, "[2001:db8::1]:8443");
    EXPECT_EQ(full->base_path, "/account");
    EXPECT_EQ(parse_server_address("http://127.0.0.1:8080")->scheme, Scheme::Http);
}

// guards: a token goes in clear text to this machine alone, and nothing gets into a request's head
TEST(ServerAddress, IsRefusedWhenItLeadsElsewhere)
{
    for (const std::string_view bad :
         {"", "id.example.org", "http://id.example.org", "http://127.0.0.1.example.org",
          "http://localhost.example.org", "ftp://localhost", "https://", "https://:443",
          "https://a:0", "https://a:65536", "https://a:x", "https://a b", "https://a\r\nX: y",
          "https://user@a", "https://a/b?c", "https://a/b c", "https://[::1", "https://[::1]x"}) {
        EXPECT_FALSE(parse_server_address(bad)) << bad;
    }
}

TEST(ServerAddress, KnowsPins)
{
    EXPECT_TRUE(is_pin("sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    for (const std::string_view bad :
         {"", "sha256//", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "sha256//AAAA",
          "sha1//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}) {
        EXPECT_FALSE(is_pin(bad)) << bad;
    }
}

// guards: a certificate that anybody may get does not make a Keystead
TEST(ServerAddress, TrustsThePinnedKeysAlone)
{
    const std::string one = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const std::string two = "sha256//BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    EXPECT_TRUE(is_trusted(one, {two, one}));
    EXPECT_FALSE(is_trusted(one, {two}));
    EXPECT_FALSE(is_trusted(one, {}));
    EXPECT_FALSE(is_trusted("", {""}));
}

} // namespace
} // namespace keystead::agent
