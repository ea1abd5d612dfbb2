#include "agent/folder.h"

#include "test/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <filesystem>

#include <sys/stat.h>

namespace keystead::agent {
namespace {

mode_t mode_of(const std::filesystem::path& path)
{
    struct stat status {};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
}

// guards: who may read what, whatever the umask says
TEST(Folder, KeepsFilesForTheirReaders)
{
    const test::TemporaryFolder place;
    const mode_t before = ::umask(077);
    const auto top = Folder::open_or_make(place.path() / "state", Readers::Everybody);
    ASSERT_TRUE(top);
    const auto own = top->open_or_make_below("private", Readers::OwnerAlone);
    ASSERT_TRUE(own);
    EXPECT_TRUE(top->replace("list", "one", Readers::Everybody));
    EXPECT_TRUE(top->replace("list", "two", Readers::Everybody));
    EXPECT_TRUE(own->replace("token", "secret", Readers::OwnerAlone));
    ::umask(before);
    EXPECT_EQ(*top->read("list", 10), "two");
    EXPECT_EQ(mode_of(place.path() / "state"), 0755U);
    EXPECT_EQ(mode_of(place.path() / "state/list"), 0644U);
    EXPECT_EQ(mode_of(place.path() / "state/private"), 0700U);
    EXPECT_EQ(mode_of(place.path() / "state/private/token"), 0600U);
    EXPECT_FALSE(top->read("list", 2)) << "longer than wanted";
    EXPECT_EQ(top->read("nothing", 10).error().code, "agent/no-file");
    EXPECT_TRUE(top->remove("list"));
    EXPECT_TRUE(top->remove("list")) << "it need not be there";
}

// guards: no link leads a program of root's elsewhere
TEST(Folder, FollowsNoLink)
{
    const test::TemporaryFolder place;
    const auto folder = Folder::open(place.path());
    ASSERT_TRUE(folder);
    ASSERT_TRUE(folder->replace("real", "kept", Readers::OwnerAlone));
    std::filesystem::create_symlink("real", place.path() / "link");
    std::filesystem::create_symlink(".", place.path() / "folder-link");
    EXPECT_FALSE(folder->read("link", 10));
    EXPECT_FALSE(folder->open_below("folder-link"));
    EXPECT_FALSE(Folder::open(place.path() / "folder-link"));
    // The link is replaced, not what it leads to; also one that waits under the passing name.
    std::filesystem::create_symlink("real", place.path() / ".link.new");
    EXPECT_TRUE(folder->replace("link", "new", Readers::OwnerAlone));
    EXPECT_EQ(*folder->read("real", 10), "kept");
    EXPECT_EQ(*folder->read("link", 10), "new");
    EXPECT_EQ(::mkfifo((place.path() / "pipe").c_str(), 0600), 0);
    EXPECT_FALSE(folder->read("pipe", 10)) << "and does not wait for it";
}

// guards: a folder into which others may write is not trusted
TEST(Folder, IsRefusedWhenOthersMayWrite)
{
    const test::TemporaryFolder place;
    for (const mode_t mode : {0777U, 0775U, 0757U}) {
        ASSERT_EQ(::chmod(place.path().c_str(), mode), 0);
        EXPECT_FALSE(Folder::open(place.path())) << mode;
    }
    ASSERT_EQ(::chmod(place.path().c_str(), 0755), 0);
    EXPECT_TRUE(Folder::open(place.path()));
    EXPECT_FALSE(Folder::open(place.path() / "nothing"));
}

} // namespace
} // namespace keystead::agent
