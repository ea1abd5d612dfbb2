#include "app/foundation.h"

#include "test/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <sys/stat.h>

namespace keystead::app {
namespace {

struct Ground : testing::Test {
    Ground() { loaded.settings.storage.data_folder = temporary.path() / "data"; }
    Result<std::unique_ptr<Foundation>> open(FoundationOptions options = {})
    {
        return open_foundation(loaded, options);
    }
    std::string code_of(FoundationOptions options = {})
    {
        const auto opened = open(std::move(options));
        return opened ? "" : std::string(opened.error().code);
    }
    test::TemporaryFolder temporary;
    LoadedSettings loaded;
};

// guards: a new data folder gets its key, and keeps it
TEST_F(Ground, MakesTheRootKeyOnce)
{
    {
        const auto first = open();
        ASSERT_TRUE(first) << first.error().detail << first.error().cause;
        EXPECT_EQ((*first)->key_origin, RootKeyOrigin::Made);
    }
    const auto second = open();
    ASSERT_TRUE(second);
    EXPECT_EQ((*second)->key_origin, RootKeyOrigin::File);
    struct stat status {};
    ASSERT_EQ(stat(loaded.settings.storage.data_folder.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0700U);
}

// guards: data begun under one key is opened with no other, and a lost key is not silently replaced
TEST_F(Ground, RefusesAKeyThatDoesNotFit)
{
    ASSERT_EQ(code_of(), "");
    const std::string path = root_key_path(loaded.settings.storage);
    std::filesystem::rename(path, path + ".away");
    EXPECT_EQ(code_of(), "keys/missing");
    loaded.root_key_text.emplace(
        Secret::copy_of("ks_root_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"));
    EXPECT_EQ(code_of(), "keys/does-not-fit");
    loaded.root_key_text.reset();
    std::filesystem::rename(path + ".away", path);
    EXPECT_EQ(code_of(), "");
}

// guards: credential before environment before file
TEST_F(Ground, TakesTheKeyFromWhereItIsGiven)
{
    const std::string credentials = temporary.path();
    std::ofstream(credentials + "/keystead-root-key")
        << "ks_root_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n";
    {
        const auto opened = open({.credentials_directory = credentials});
        ASSERT_TRUE(opened);
        EXPECT_EQ((*opened)->key_origin, RootKeyOrigin::Credential);
    }
    EXPECT_FALSE(std::filesystem::exists(root_key_path(loaded.settings.storage)))
        << "no second key beside it";
    loaded.root_key_text.emplace(
        Secret::copy_of("ks_root_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"));
    const auto opened = open({.credentials_directory = temporary.path() / "data"});
    ASSERT_TRUE(opened);
    EXPECT_EQ((*opened)->key_origin, RootKeyOrigin::Variable);
}

// guards: it does not start with a key that others can read
TEST_F(Ground, RefusesAReadableKey)
{
    ASSERT_EQ(code_of(), "");
    ASSERT_EQ(chmod(root_key_path(loaded.settings.storage).c_str(), 0644), 0);
    EXPECT_EQ(code_of(), "keys/file-mode");
}

// guards: one node a database
TEST_F(Ground, RefusesASecondNode)
{
    const auto first = open();
    ASSERT_TRUE(first);
    EXPECT_EQ(code_of(), "storage/locked");
}

} // namespace
} // namespace keystead::app
