#include "crypto/root_key.h"

#include "core/encoding.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <sys/stat.h>

namespace keystead::crypto {
namespace {

using test::SeededRandom;

struct RootKey : testing::Test {
    RootKey()
    {
        std::string name = testing::TempDir() + "keystead-root-key-XXXXXX";
        folder = mkdtemp(name.data());
        path = folder + "/root.key";
    }
    ~RootKey() override { std::filesystem::remove_all(folder); }
    SeededRandom random;
    std::string folder;
    std::string path;
};

// guards: the key that was made is the key that is read, and nobody else reads it
TEST_F(RootKey, IsMadeOnceAndRead)
{
    const auto made = make_root_key_file(path, random);
    ASSERT_TRUE(made);
    struct stat status {};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600U);
    const auto read = read_root_key_file(path, FileAccess::OwnerOnly);
    ASSERT_TRUE(read);
    EXPECT_EQ(hex_encode(read->reveal()), hex_encode(made->reveal()));
    EXPECT_EQ(make_root_key_file(path, random).error().code, "keys/exists");
}

// guards: a key that others can read is no key
TEST_F(RootKey, IsRefusedWhenOthersCanRead)
{
    ASSERT_TRUE(make_root_key_file(path, random));
    for (const mode_t mode : {0640U, 0604U, 0620U}) {
        ASSERT_EQ(chmod(path.c_str(), mode), 0);
        EXPECT_EQ(read_root_key_file(path, FileAccess::OwnerOnly).error().code, "keys/file-mode");
    }
    EXPECT_TRUE(read_root_key_file(path, FileAccess::AsGiven));
    EXPECT_EQ(read_root_key_file(folder + "/absent", FileAccess::OwnerOnly).error().code,
              "keys/not-found");
    EXPECT_EQ(read_root_key_file(folder, FileAccess::AsGiven).error().code, "keys/unreadable");
}

// guards: weak and malformed keys do not start a server
TEST_F(RootKey, IsRefusedWhenWeakOrMalformed)
{
    const auto text_of = [](ByteView key) { return "ks_root_" + base64url_encode(key); };
    EXPECT_EQ(parse_root_key(text_of(Bytes(32))).error().code, "keys/weak");
    EXPECT_EQ(parse_root_key(text_of(as_bytes("passwordpasswordpasswordpassword"))).error().code,
              "keys/weak");
    for (const std::string& text :
         {std::string(), std::string("ks_root_"), text_of(Bytes(31)), text_of(Bytes(33)),
          base64url_encode(Bytes(32)), text_of(Bytes(32)) + "\n\n"}) {
        EXPECT_EQ(parse_root_key(text).error().code, "keys/malformed") << text;
    }
    const auto good = random_bytes<32>(random);
    EXPECT_TRUE(parse_root_key(text_of(good)));
    EXPECT_TRUE(parse_root_key(text_of(good) + "\n"));
    std::ofstream(path) << std::string(10000, 'x');
    ASSERT_EQ(chmod(path.c_str(), 0600), 0);
    EXPECT_EQ(read_root_key_file(path, FileAccess::OwnerOnly).error().code, "keys/malformed");
}

} // namespace
} // namespace keystead::crypto
