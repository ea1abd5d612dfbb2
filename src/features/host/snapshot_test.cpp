#include "features/host/snapshot.h"

#include "core/encoding.h"
#include "crypto/ed25519.h"

#include <gtest/gtest.h>

namespace keystead::host {
namespace {

const SnapshotKey kRoot{"root", "ssh-ed25519 AAAA", "ssh_1"};
const SnapshotKey kGpu{"gpu", "ssh-ed25519 AAAA", "ssh_1"};

Statement statement_at(int seconds)
{
    Statement statement;
    statement.host = "hst_1";
    statement.issued = Instant{std::chrono::seconds(seconds)};
    return statement;
}

// guards: the text that servers read, to the letter
TEST(Snapshot, IsWrittenAsItIsRead)
{
    const std::string content = content_text(as_bytes("KRL"), {kRoot, kGpu});
    EXPECT_EQ(content, "krl S1JM\n"
                       "key gpu ssh-ed25519 AAAA ssh_1\n"
                       "key root ssh-ed25519 AAAA ssh_1\n");
    Statement statement = statement_at(1'790'000'000);
    statement.content = content_digest(content);
    statement.of_removed_keys = OpenSessions::AreEnded;
    const std::string text = statement_text(statement);
    EXPECT_EQ(text, "keystead-statement/v1\nhost hst_1\nissued 1790000000\nexpires 1790000900\n"
                    "content " +
                        hex_encode(statement.content) + "\nend-sessions yes\n");
    const Bytes signature(64);
    EXPECT_EQ(snapshot_text(text, signature, content),
              text + "sign " + base64_encode(signature) + "\n\n" + content);
    EXPECT_EQ(snapshot_text(text, signature, ""),
              text + "sign " + base64_encode(signature) + "\n\n");
}

// guards: a server that has the content is never told that it is new
TEST(Snapshot, HasTheSameContentInWhateverOrder)
{
    const SnapshotKey again{"root", "ssh-ed25519 AAAA", "ssh_2"};
    EXPECT_EQ(content_text({}, {kRoot, kGpu, again}), content_text({}, {kGpu, again, kRoot}));
    EXPECT_EQ(content_text({}, {kRoot, again}), content_text({}, {kRoot}));
    EXPECT_NE(content_digest(content_text({}, {kRoot})), content_digest(content_text({}, {kGpu})));
}

// guards: open sessions stay unless it is said, and part of a second is not rounded up
TEST(Snapshot, SaysNoUnlessSessionsAreToEnd)
{
    Statement statement = statement_at(10);
    statement.issued += std::chrono::microseconds(999'999);
    const std::string text = statement_text(statement);
    EXPECT_NE(text.find("\nissued 10\nexpires 910\n"), std::string::npos);
    EXPECT_NE(text.find("\nend-sessions no\n"), std::string::npos);
}

} // namespace
} // namespace keystead::host
