#include "features/ssh_key/ssh_public_key.h"

#include "core/encoding.h"
#include "crypto/ed25519.h"
#include "features/ssh_key/ssh_wire.h"
#include "test/support/seeded_random.h"
#include "test/support/temporary_folder.h"
#include "test/support/vectors.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

namespace keystead::ssh_key {
namespace {

std::string unescaped(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            out += text[i];
            continue;
        }
        const char next = text[++i];
        out += next == 'n' ? '\n' : next == 't' ? '\t' : next == 'r' ? '\r' : next;
    }
    return out;
}

// guards: every type there is, as ssh-keygen shows it
TEST(SshPublicKey, IsReadAndShownAsOpenSshHasIt)
{
    const auto vectors = read_vectors("test/vectors/ssh/public_keys.vec");
    ASSERT_GE(vectors.size(), 20U);
    for (const auto& vector : vectors) {
        const auto key = parse_public_key_line(vector.at(2));
        ASSERT_TRUE(key) << vector.at(2) << ": " << key.error().code;
        EXPECT_EQ(std::to_string(key->bits), vector.at(0));
        EXPECT_EQ(fingerprint_text(fingerprint_of(*key)), vector.at(1));
        EXPECT_TRUE(vector.at(2).starts_with(line_of(*key)));
        EXPECT_EQ(*parse_public_key_line(" \t" + line_of(*key) + "\r\n"), *key);
        EXPECT_EQ(*parse_public_key_blob(key->blob), *key);
    }
}

// guards: each refusal by its own code, and none quotes what was pasted
TEST(SshPublicKey, IsRefusedByTheReason)
{
    const auto vectors = read_vectors("test/vectors/ssh/refused.vec");
    ASSERT_GE(vectors.size(), 60U);
    for (const auto& vector : vectors) {
        const std::string text = unescaped(vector.size() > 1 ? vector[1] : "");
        const auto key = parse_public_key_line(text);
        ASSERT_FALSE(key) << text;
        EXPECT_EQ(key.error().code, vector.at(0)) << text;
        EXPECT_EQ(key.error().kind, ErrorKind::InvalidInput);
        EXPECT_FALSE(key.error().detail.empty());
        for (std::size_t at = 0; at + 20 < text.size(); at += 20) {
            EXPECT_EQ(key.error().detail.find(text.substr(at, 20)), std::string::npos);
        }
        EXPECT_TRUE(key.error().cause.empty());
    }
}

// guards: a key with any byte changed is another key, or none; never the same one
TEST(SshPublicKey, IsAnotherWhenOneBitIs)
{
    const auto line = read_vectors("test/vectors/ssh/public_keys.vec").at(0).at(2);
    const auto key = *parse_public_key_line(line);
    for (std::size_t bit = 0; bit < key.blob.size() * 8; ++bit) {
        Bytes blob = key.blob;
        blob[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
        const auto other = parse_public_key_blob(blob);
        EXPECT_TRUE(!other || fingerprint_of(*other) != fingerprint_of(key)) << bit;
    }
    for (std::size_t size = 0; size < key.blob.size(); ++size) {
        EXPECT_FALSE(parse_public_key_blob(ByteView(key.blob).first(size)));
    }
}

PublicKey random_ed25519(test::SeededRandom& random)
{
    Secret seed(32);
    random.fill(seed.writable());
    Bytes blob;
    append_string(blob, as_bytes("ssh-ed25519"));
    append_string(blob, crypto::ed25519_public_key(seed));
    return *parse_public_key_blob(blob);
}

PublicKey random_rsa(test::SeededRandom& random)
{
    Bytes modulus(1 + 384 + std::to_integer<std::size_t>(random_bytes<1>(random)[0]) % 64);
    random.fill(std::span(modulus).subspan(1));
    modulus[1] |= std::byte{0x80};
    modulus.back() |= std::byte{1};
    Bytes blob;
    append_string(blob, as_bytes("ssh-rsa"));
    append_string(blob, hex_decode("010001").value());
    append_string(blob, modulus);
    return *parse_public_key_blob(blob);
}

/// What a program prints, by lines.
std::vector<std::string> lines_of(const std::string& command)
{
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::vector<std::string> lines;
    std::array<char, 512> line{};
    while (std::fgets(line.data(), line.size(), pipe.get()) != nullptr) {
        lines.emplace_back(line.data());
    }
    return lines;
}

// guards: a fingerprint stands for one digest alone, in one form
TEST(SshPublicKey, FingerprintsAreReadAsTheyAreWritten)
{
    Digest digest{};
    digest.fill(std::byte{0xA5});
    const std::string text = fingerprint_text(digest);
    EXPECT_EQ(parse_fingerprint(text), digest);
    const std::string other_last_bits =
        text.substr(0, text.size() - 1) + static_cast<char>(text.back() + 1);
    for (const std::string& wrong :
         {std::string(), std::string("SHA256:"), text.substr(7), text + "=", text + "A", " " + text,
          text.substr(0, text.size() - 1), "MD5:" + text.substr(7), other_last_bits}) {
        EXPECT_FALSE(parse_fingerprint(wrong)) << wrong;
    }
}

// guards: fingerprints and lengths of thousands of keys are those of ssh-keygen -l
TEST(SshPublicKey, HasTheFingerprintThatSshKeygenShows)
{
    constexpr int kKeys = 3000;
    test::SeededRandom random;
    const test::TemporaryFolder folder;
    const std::string file = folder.path() / "keys";
    std::vector<PublicKey> keys;
    {
        std::ofstream out(file);
        for (int i = 0; i < kKeys; ++i) {
            keys.push_back(i % 3 == 0 ? random_rsa(random) : random_ed25519(random));
            out << line_of(keys.back()) << " key " << i << "\n";
        }
    }
    const auto shown = lines_of("ssh-keygen -l -f " + file);
    ASSERT_EQ(shown.size(), keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        std::istringstream words(shown[i]);
        int bits = 0;
        std::string fingerprint;
        words >> bits >> fingerprint;
        EXPECT_EQ(fingerprint, fingerprint_text(fingerprint_of(keys[i])));
        EXPECT_EQ(bits, keys[i].bits);
        EXPECT_EQ(*parse_public_key_line(line_of(keys[i])), keys[i]);
    }
}

} // namespace
} // namespace keystead::ssh_key
