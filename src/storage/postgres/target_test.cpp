#include "storage/postgres/target.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace keystead::storage {
namespace {

std::string option(const Target& target, std::string_view keyword)
{
    const auto found = std::find_if(target.options.begin(), target.options.end(),
                                    [&](const auto& one) { return one.first == keyword; });
    return found == target.options.end() ? "" : found->second;
}

// guards: passwords and rows do not cross a network that somebody else may read
TEST(Target, DemandsAVerifiedServerUnlessItIsLocal)
{
    for (const auto* connection :
         {"host=db.example.org sslmode=require", "host=db.example.org sslmode=disable",
          "host=10.0.0.1 sslmode=prefer", "host=localhost hostaddr=192.0.2.1 sslmode=require",
          "host=localhost,db.example.org sslmode=verify-ca",
          "host=127.0.0.1.example.org sslmode=require",
          "postgresql://db.example.org/keystead?sslmode=allow"}) {
        const auto refused = parse_target(connection);
        ASSERT_FALSE(refused) << connection;
        EXPECT_EQ(refused.error().code, "storage/insecure") << connection;
    }
    const auto remote = parse_target("host=db.example.org dbname=keystead");
    ASSERT_TRUE(remote);
    EXPECT_EQ(option(*remote, "sslmode"), "verify-full");
    EXPECT_TRUE(remote->is_verified);
}

TEST(Target, TakesLocalServersAsTheyAre)
{
    for (const auto* connection :
         {"dbname=keystead", "host=/run/postgresql", "host=localhost", "host=127.0.0.1 port=5433",
          "host=::1", "host=127.0.0.1,/tmp", "postgresql://localhost/keystead"}) {
        EXPECT_TRUE(parse_target(connection)) << connection;
    }
    // The environment (PGHOST) does not decide where to.
    EXPECT_EQ(option(*parse_target("dbname=keystead"), "host"), "/var/run/postgresql");
}

TEST(Target, RefusesWhatItCannotReadWithoutRepeatingIt)
{
    for (const auto* connection :
         {"host", "secretword hunter2", "nonsense=hunter2", "service=hunter2"}) {
        const auto refused = parse_target(connection);
        ASSERT_FALSE(refused) << connection;
        EXPECT_EQ(refused.error().code, "storage/bad-connection");
        EXPECT_EQ(refused.error().detail.find("hunter2"), std::string::npos);
    }
}

} // namespace
} // namespace keystead::storage
