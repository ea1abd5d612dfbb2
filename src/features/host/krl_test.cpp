#include "features/host/krl.h"

#include "core/encoding.h"
#include "crypto/ed25519.h"
#include "features/ssh_key/ssh_public_key.h"
#include "features/ssh_key/ssh_wire.h"
#include "test/support/seeded_random.h"
#include "test/support/temporary_folder.h"
#include "test/support/vectors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <memory>

namespace keystead::host {
namespace {

using ssh_key::PublicKey;

PublicKey random_ed25519(test::SeededRandom& random)
{
    Secret seed(32);
    random.fill(seed.writable());
    Bytes blob;
    ssh_key::append_string(blob, as_bytes("ssh-ed25519"));
    ssh_key::append_string(blob, crypto::ed25519_public_key(seed));
    return *ssh_key::parse_public_key_blob(blob);
}

PublicKey random_rsa(test::SeededRandom& random)
{
    Bytes modulus(1 + 384 + std::to_integer<std::size_t>(random_bytes<1>(random)[0]) % 64);
    random.fill(std::span(modulus).subspan(1));
    modulus[1] |= std::byte{0x80};
    modulus.back() |= std::byte{1};
    Bytes blob;
    ssh_key::append_string(blob, as_bytes("ssh-rsa"));
    ssh_key::append_string(blob, hex_decode("010001").value());
    ssh_key::append_string(blob, modulus);
    return *ssh_key::parse_public_key_blob(blob);
}

/// Keys of every type there is, and thousands made by chance.
std::vector<PublicKey> many_keys()
{
    constexpr int kRandomKeys = 3000;
    std::vector<PublicKey> keys;
    for (const auto& vector : read_vectors("test/vectors/ssh/public_keys.vec")) {
        keys.push_back(*ssh_key::parse_public_key_line(vector.at(2)));
    }
    test::SeededRandom random;
    for (int i = 0; i < kRandomKeys; ++i) {
        keys.push_back(i % 3 == 0 ? random_rsa(random) : random_ed25519(random));
    }
    return keys;
}

void write_file(const std::string& file, ByteView bytes)
{
    std::ofstream out(file, std::ios::binary);
    out << as_text(bytes);
}

/// What `ssh-keygen -Q` says of each key, by lines.
std::vector<std::string> answers_of_ssh_keygen(const Bytes& krl, const std::vector<PublicKey>& keys)
{
    const test::TemporaryFolder folder;
    const std::string krl_file = folder.path() / "krl";
    write_file(krl_file, krl);
    // It reads one key a file.
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const std::string name = "key" + std::to_string(100'000 + i);
        write_file(folder.path() / name, as_bytes(line_of(keys[i]) + "\n"));
    }
    const std::string command =
        "cd " + folder.path().string() + " && ssh-keygen -Q -f krl key* 2>&1";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::vector<std::string> answers;
    std::array<char, 512> line{};
    while (std::fgets(line.data(), line.size(), pipe.get()) != nullptr) {
        answers.emplace_back(line.data());
    }
    return answers;
}

// guards: OpenSSH refuses the keys that are listed, and no other, of thousands
TEST(Krl, IsReadByOpenSshAsItIsMeant)
{
    const auto keys = many_keys();
    std::vector<Digest> revoked;
    for (std::size_t i = 0; i < keys.size(); i += 2) {
        revoked.push_back(fingerprint_of(keys[i]));
    }
    const auto answers = answers_of_ssh_keygen(make_krl(revoked), keys);
    ASSERT_EQ(answers.size(), keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        // The vectors hold some keys under several comments.
        const bool listed = std::ranges::count(revoked, fingerprint_of(keys[i])) > 0;
        EXPECT_TRUE(answers[i].ends_with(listed ? ": REVOKED\n" : ": ok\n")) << i << answers[i];
    }
}

// guards: a list without keys is one, and refuses nobody
TEST(Krl, MayBeEmpty)
{
    test::SeededRandom random;
    const std::vector keys = {random_ed25519(random), random_rsa(random)};
    const Bytes krl = make_krl({});
    EXPECT_EQ(krl.size(), kKrlHeadBytes);
    const auto answers = answers_of_ssh_keygen(krl, keys);
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_TRUE(answers[0].ends_with(": ok\n")) << answers[0];
    EXPECT_TRUE(answers[1].ends_with(": ok\n")) << answers[1];
}

// guards: the digest of a list changes with its keys alone
TEST(Krl, IsTheSameForTheSameKeys)
{
    Digest one{};
    one.front() = std::byte{0x80};
    Digest two{};
    two.back() = std::byte{1};
    EXPECT_EQ(make_krl({one, two}), make_krl({two, one, two}));
    EXPECT_NE(make_krl({one, two}), make_krl({one}));
    EXPECT_EQ(make_krl({one, two}).size(), kKrlHeadBytes + 5 + 2 * kKrlKeyBytes);
}

} // namespace
} // namespace keystead::host
