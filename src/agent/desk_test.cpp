#include "agent/desk.h"

#include "agent/login_evidence.h"

#include <gtest/gtest.h>

namespace keystead::agent {
namespace {

TEST(Desk, ReadsRequests)
{
    const auto keys = parse_desk_request("keys root ssh-ed25519 AAAA");
    ASSERT_TRUE(keys);
    EXPECT_EQ(keys->kind, DeskRequest::Kind::Keys);
    EXPECT_EQ(keys->login_user, "root");
    EXPECT_EQ(keys->type, "ssh-ed25519");
    EXPECT_EQ(keys->base64, "AAAA");
    const auto opened = parse_desk_request("opened root AAAA 192.0.2.1");
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->kind, DeskRequest::Kind::Opened);
    EXPECT_EQ(opened->address, "192.0.2.1");
    EXPECT_EQ(parse_desk_request("opened root AAAA -")->address, "");
    EXPECT_EQ(parse_desk_request("closed")->kind, DeskRequest::Kind::Closed);
    for (const std::string_view bad :
         {"", "keys", "keys root", "keys root ssh-ed25519", "keys -r ssh-ed25519 AAAA",
          "keys root ssh-ed25519 AAAA more", "opened root AAAA", "opened root AAAA ", "closed now",
          "KEYS root a b", "keys root a b\t", "keys  root a b"}) {
        EXPECT_FALSE(parse_desk_request(bad)) << bad;
    }
    EXPECT_FALSE(parse_desk_request("keys root a " + std::string(kRequestBytesMax, 'A')));
}

// guards: only root tells of logins; of others only sshd's command asks
TEST(Desk, HearsWhoMayAsk)
{
    using Kind = DeskRequest::Kind;
    for (const Kind kind : {Kind::Keys, Kind::Opened, Kind::Closed}) {
        EXPECT_TRUE(may(Peer::Root, kind));
        EXPECT_FALSE(may(Peer::Nobody, kind));
        EXPECT_EQ(may(Peer::Command, kind), kind == Kind::Keys);
    }
}

TEST(Desk, FindsUsersInPasswd)
{
    constexpr std::string_view kPasswd = "root:x:0:0:root:/root:/bin/bash\n"
                                         "keystead:x:998:998::/:/bin/false\n"
                                         "keystead-sshd:x:999:997::/:/bin/false\n"
                                         "broken:x\nodd:x:-1:0:::\n";
    EXPECT_EQ(find_user(kPasswd, "keystead-sshd")->number, 999U);
    EXPECT_EQ(find_user(kPasswd, "keystead-sshd")->group, 997U);
    EXPECT_EQ(find_user(kPasswd, "keystead")->number, 998U);
    for (const std::string_view absent : {"key", "nobody", "broken", "odd", "x"}) {
        EXPECT_FALSE(find_user(kPasswd, absent)) << absent;
    }
}

// guards: the key of a login is the one that sshd says was accepted
TEST(LoginEvidence, NamesTheKeys)
{
    using Keys = std::vector<std::string>;
    EXPECT_EQ(keys_of_evidence("publickey ssh-ed25519 AAAA\n"), Keys{"AAAA"});
    EXPECT_EQ(keys_of_evidence("publickey ssh-ed25519 AAAA"), Keys{"AAAA"});
    EXPECT_EQ(keys_of_evidence("password\npublickey ssh-rsa BBBB\npublickey ssh-rsa CCCC\n"),
              (Keys{"BBBB", "CCCC"}));
    EXPECT_EQ(keys_of_evidence("password\n"), Keys{});
    EXPECT_EQ(keys_of_evidence(""), Keys{});
    EXPECT_EQ(keys_of_evidence("publickey\npublickey x\n"), Keys{});
    std::string many;
    for (int i = 0; i < 100; ++i) {
        many += "publickey ssh-rsa AAAA\n";
    }
    EXPECT_EQ(keys_of_evidence(many).size(), 4U);
    EXPECT_EQ(told_address("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(told_address(""), "-");
    EXPECT_EQ(told_address("a b"), "-");
    EXPECT_EQ(told_address(std::string(65, 'a')), "-");
}

} // namespace
} // namespace keystead::agent
