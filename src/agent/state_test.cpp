#include "agent/state.h"

#include "core/encoding.h"
#include "crypto/ed25519.h"
#include "features/host/krl.h"
#include "features/host/snapshot.h"
#include "test/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace keystead::agent {
namespace {

const Instant kNow{std::chrono::seconds(1'790'000'000)};

struct Written {
    std::string head;
    std::string content;
};

Written written_for(std::string_view host, const Secret& seed)
{
    Written written;
    written.content = host::content_text(host::make_krl({}), {});
    host::Statement statement;
    statement.host = host;
    statement.issued = kNow;
    statement.content = host::content_digest(written.content);
    const auto text = host::statement_text(statement);
    written.head = host::snapshot_text(text, crypto::ed25519_sign(seed, as_bytes(text)), "");
    return written;
}

// guards: the list of revoked keys is there from enrolment on, and stays through the next one
TEST(State, KeepsTheListOfRevokedKeysThroughEverything)
{
    const test::TemporaryFolder place;
    const std::string folder = place.path() / "state";
    const std::filesystem::path list = place.path() / "state/public/revoked-keys";
    const auto state = State::open_or_make(folder);
    ASSERT_TRUE(state);
    const Secret seed(32);
    const auto key = base64_encode(crypto::ed25519_public_key(seed));
    const Settings settings{"https://id.example.org", {"sha256//x"}, "keystead-sshd"};
    ASSERT_TRUE(state->enroll(settings, "hst_1", key, Secret::copy_of("ks_host_1")));
    const auto everybodys = Folder::open(place.path() / "state/public");
    ASSERT_TRUE(everybodys);
    EXPECT_EQ(*everybodys->read("revoked-keys", 1000), as_text(host::make_krl({})));

    const Bytes krl = host::make_krl({Digest{}});
    ASSERT_TRUE(state->keep_krl(krl));
    ASSERT_TRUE(state->forget_statement());
    ASSERT_TRUE(state->enroll(settings, "hst_2", key, Secret::copy_of("ks_host_2")));
    EXPECT_EQ(*everybodys->read("revoked-keys", 1000), as_text(krl));

    const auto again = State::open(folder);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->token()->reveal_text(), "ks_host_2");
    EXPECT_EQ(*again->host(), "hst_2");
    EXPECT_EQ(settings_text(*again->settings()), settings_text(settings));
}

// guards: what is kept serves the server it was said to, and as it was signed
TEST(State, ReadsNothingThatWasNotSaidToThisServer)
{
    const test::TemporaryFolder place;
    const std::string folder = place.path() / "state";
    const auto state = State::open_or_make(folder);
    ASSERT_TRUE(state);
    const Secret seed(32);
    const auto key = base64_encode(crypto::ed25519_public_key(seed));
    ASSERT_TRUE(state->enroll({"https://id.example.org", {}, "keystead-sshd"}, "hst_1", key,
                              Secret::copy_of("ks_host_1")));
    const auto everybodys = PublicState::open(folder);
    ASSERT_TRUE(everybodys);
    EXPECT_EQ(everybodys->kept().error().code, "agent/no-file");

    const auto mine = written_for("hst_1", seed);
    ASSERT_TRUE(state->keep(mine.head, mine.content));
    ASSERT_TRUE(everybodys->kept());
    EXPECT_EQ(everybodys->kept()->content_text, mine.content);
    ASSERT_TRUE(state->keep(mine.head, ""));
    EXPECT_FALSE(everybodys->kept());
    ASSERT_TRUE(state->keep(mine.head, mine.content + "later x\n"));
    EXPECT_EQ(everybodys->kept().error().code, "agent/wrong-content");

    const auto others = written_for("hst_2", seed);
    ASSERT_TRUE(state->keep(others.head, others.content));
    EXPECT_EQ(everybodys->kept().error().code, "agent/other-host");
    Secret other_seed(32);
    other_seed.writable()[0] = std::byte{1};
    const auto forged = written_for("hst_1", other_seed);
    ASSERT_TRUE(state->keep(forged.head, forged.content));
    EXPECT_EQ(everybodys->kept().error().code, "agent/wrong-signature");
}

TEST(State, RefusesDamagedSettings)
{
    for (const std::string_view bad :
         {"", "server x\n", "command-user y\n", "server x\ncommand-user y", "server x\nserver x\n",
          "server x y\ncommand-user y\n", "server x\ncommand-user -y\n", "what ever\n"}) {
        EXPECT_FALSE(parse_settings(bad)) << bad;
    }
    EXPECT_TRUE(parse_settings("server x\npin a\npin b\ncommand-user y\n"));
}

} // namespace
} // namespace keystead::agent
