#include "core/secret_file.h"

#include "test/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace keystead {
namespace {

class SecretFile : public testing::Test {
protected:
    std::string read(const std::string& text)
    {
        std::ofstream(path_, std::ios::binary) << text;
        const auto secret = read_secret_line(path_);
        return secret ? std::string(secret->reveal_text()) : "(none)";
    }

    test::TemporaryFolder folder_;
    const std::string path_ = folder_.path() / "secret";
};

TEST_F(SecretFile, IsItsFirstLineWithoutTheLineEnd)
{
    EXPECT_EQ(read("open sesame"), "open sesame");
    EXPECT_EQ(read("open sesame\n"), "open sesame");
    EXPECT_EQ(read("open sesame\r\n"), "open sesame");
    EXPECT_EQ(read("first\nsecond\n"), "first");
    const std::string longest(kSecretLineBytesMax, 'x');
    EXPECT_EQ(read(longest + "\r\n"), longest);
}

TEST_F(SecretFile, IsRefusedWhenMissingEmptyOrTooLong)
{
    EXPECT_FALSE(read_secret_line(path_));
    EXPECT_FALSE(read_secret_line(folder_.path())) << "a folder";
    EXPECT_EQ(read(""), "(none)");
    EXPECT_EQ(read("\n"), "(none)");
    EXPECT_EQ(read("\r\nsecond"), "(none)");
    EXPECT_EQ(read(std::string(kSecretLineBytesMax + 1, 'x')), "(none)");
    EXPECT_EQ(read(std::string(kSecretLineBytesMax + 500, 'x')), "(none)");
}

} // namespace
} // namespace keystead
