// guards: notes, checkpoints and tiles of another implementation are read, and what is no note, or
// is signed by somebody else, is refused
#include "features/log_proof/signed_note.h"

#include "core/encoding.h"
#include "features/log_proof/checkpoint.h"
#include "features/log_proof/tile_path.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace keystead::log_proof {
namespace {

const std::string kLog = "test/vectors/tlog-tiles/";
const std::string kName = "keys.example/audit/1";

std::string contents_of(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

VerifierKey key_of_vectors()
{
    std::string text = contents_of(kLog + "verifier-key.txt");
    text.erase(text.find_last_not_of('\n') + 1);
    const auto key = VerifierKey::parse(text);
    EXPECT_TRUE(key);
    EXPECT_EQ(key->text(), text);
    return key.value_or(VerifierKey{});
}

SignedNote example()
{
    return sign_note(Checkpoint{.origin = kName, .size = 7}.text(), kName, Secret(32));
}

VerifierKey example_key()
{
    return {.name = kName, .key = crypto::ed25519_public_key(Secret(32))};
}

TEST(SignedNote, OfAnotherLogIsVerifiedAndItsTreeAgrees)
{
    const VerifierKey key = key_of_vectors();
    for (std::uint64_t size = 1; size < 16; ++size) {
        const std::string text = contents_of(kLog + "checkpoint." + std::to_string(size));
        const auto note = SignedNote::parse(text);
        ASSERT_TRUE(note) << size;
        EXPECT_EQ(note->encode(), text);
        const auto checkpoint = open_checkpoint(*note, key);
        ASSERT_TRUE(checkpoint) << size;
        EXPECT_EQ(checkpoint->size, size);
        EXPECT_EQ(checkpoint->text(), note->text);

        const TilePath tile{.address = {0, 0}, .width = static_cast<std::size_t>(size)};
        const auto hashes = audit::decode_tile(as_bytes(contents_of(kLog + "tile/" + tile.text())));
        ASSERT_TRUE(hashes) << tile.text();
        EXPECT_EQ(audit::merkle::root_over(*hashes), checkpoint->root) << size;

        const TilePath bundle{.address = {audit::kBundleLevel, 0}, .width = tile.width};
        const std::string entries = contents_of(kLog + "tile/" + bundle.text());
        std::string_view rest = entries;
        for (const Digest& hash : *hashes) { // big-endian uint16 length, then the entry
            ASSERT_GE(rest.size(), 2U);
            const std::size_t length =
                static_cast<unsigned char>(rest[0]) * 256U + static_cast<unsigned char>(rest[1]);
            EXPECT_EQ(audit::merkle::leaf_hash(as_bytes(rest.substr(2, length))), hash);
            rest.remove_prefix(2 + length);
        }
        EXPECT_TRUE(rest.empty());
    }
}

TEST(SignedNote, IsRefusedWhenAnyByteOfItChanges)
{
    const VerifierKey key = key_of_vectors();
    const std::string text = contents_of(kLog + "checkpoint.5");
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string changed = text;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        const auto note = SignedNote::parse(changed);
        EXPECT_FALSE(note && open_checkpoint(*note, key)) << at;
    }
}

TEST(SignedNote, OfOurKeyIsReadAgain)
{
    const auto note = SignedNote::parse(example().encode());
    ASSERT_TRUE(note);
    const auto checkpoint = open_checkpoint(*note, example_key());
    ASSERT_TRUE(checkpoint);
    EXPECT_EQ(checkpoint->size, 7U);
    EXPECT_EQ(example_key(), VerifierKey::parse(example_key().text()));
}

TEST(SignedNote, BySomebodyElseIsRefused)
{
    VerifierKey other_key = example_key();
    other_key.key[0] ^= std::byte{1};
    EXPECT_FALSE(open_checkpoint(example(), other_key));
    VerifierKey other_name = example_key();
    other_name.name += "x";
    EXPECT_FALSE(open_checkpoint(example(), other_name));
    // A good signature of the key over a checkpoint of another log says nothing about this one.
    const auto borrowed =
        sign_note(Checkpoint{.origin = "other.example/log"}.text(), kName, Secret(32));
    EXPECT_TRUE(borrowed.is_signed_by(example_key()));
    EXPECT_FALSE(open_checkpoint(borrowed, example_key()));
}

TEST(SignedNote, MayCarrySignaturesOfOthers)
{
    SignedNote note = example();
    note.signatures.insert(note.signatures.begin(), {"witness.example", 1, Bytes(40)});
    const auto read = SignedNote::parse(note.encode());
    ASSERT_TRUE(read);
    EXPECT_TRUE(open_checkpoint(*read, example_key()));
}

TEST(SignedNote, IsNothingElse)
{
    const std::string good = example().encode();
    ASSERT_TRUE(SignedNote::parse(good));
    for (const std::string& bad :
         {std::string(), std::string("\n"), std::string("a\n\n"), good.substr(0, good.size() - 1),
          good + "\n", good + "more\n", "\r" + good, "\x01" + good, "\xff" + good,
          good.substr(0, good.find("\n\n") + 2), good + "\xE2\x80\x94 name+plus AAAAAAAA\n",
          good + "\xE2\x80\x94 name AAAA\n", good + "\xE2\x80\x94 name not-base64\n"}) {
        EXPECT_FALSE(SignedNote::parse(bad)) << bad;
    }
}

TEST(SignedNote, IsFoundAmongOthersInAFile)
{
    const std::string one = example().encode();
    const std::string two =
        sign_note(Checkpoint{.origin = kName, .size = 8}.text(), kName, Secret(32)).encode();
    EXPECT_EQ(split_notes("").notes.size(), 0U);
    EXPECT_EQ(split_notes(one).notes.size(), 1U);
    const auto both = split_notes(one + "\n" + two + "\n");
    ASSERT_EQ(both.notes.size(), 2U);
    EXPECT_EQ(both.unreadable, 0U);
    EXPECT_EQ(both.notes[1].encode(), two);
    // Torn at the end, and begun in the middle, as the last 64 KiB of a long file are.
    const auto torn = split_notes(one.substr(3) + "\n" + two + "\n" + one.substr(0, 30));
    ASSERT_EQ(torn.notes.size(), 2U);
    EXPECT_FALSE(open_checkpoint(torn.notes[0], example_key()));
    EXPECT_TRUE(open_checkpoint(torn.notes[1], example_key()));
    EXPECT_EQ(torn.unreadable, 1U);
}

TEST(VerifierKey, IsNothingElse)
{
    const std::string good = example_key().text();
    const std::size_t plus = good.find('+');
    for (const std::string& bad :
         {std::string(), std::string("a+b"), good.substr(plus), good + "A", "x" + good,
          good.substr(0, plus) + "+00000000" + good.substr(plus + 9),
          "with space" + good.substr(plus)}) {
        EXPECT_FALSE(VerifierKey::parse(bad)) << bad;
    }
}

TEST(Checkpoint, IsNothingElse)
{
    const std::string root = base64_encode(Digest{});
    EXPECT_TRUE(Checkpoint::parse("log\n0\n" + root + "\n"));
    EXPECT_TRUE(Checkpoint::parse("log\n12\n" + root + "\nextension\n"));
    for (const std::string& bad :
         {std::string(), "log\n12\n" + root, "\n12\n" + root + "\n", "log\n012\n" + root + "\n",
          "log\n-1\n" + root + "\n", "log\n+1\n" + root + "\n", "log\n1 \n" + root + "\n",
          "log\n18446744073709551616\n" + root + "\n", "log\n4611686018427387904\n" + root + "\n",
          std::string("log\n12\nAAAA\n"), "log\n12\n" + root + "\n\n"}) {
        EXPECT_FALSE(Checkpoint::parse(bad)) << bad;
    }
}

TEST(TilePath, IsWrittenAndReadInOneWay)
{
    const auto text = [](int level, std::uint64_t index, std::size_t width) {
        return TilePath{.address = {level, index}, .width = width}.text();
    };
    EXPECT_EQ(text(0, 0, 256), "0/000");
    EXPECT_EQ(text(0, 1234067, 256), "0/x001/x234/067");
    EXPECT_EQ(text(1, 999, 5), "1/999.p/5");
    EXPECT_EQ(text(audit::kBundleLevel, 1000, 255), "entries/x001/000.p/255");
    for (const std::uint64_t index : {0ULL, 1ULL, 999ULL, 1000ULL, 273041ULL, 1234567890123ULL}) {
        for (const std::size_t width : {std::size_t{1}, std::size_t{255}, std::size_t{256}}) {
            const TilePath path{.address = {3, index}, .width = width};
            EXPECT_EQ(TilePath::parse(path.text()), path) << path.text();
        }
    }
}

TEST(TilePath, IsNothingElse)
{
    for (const char* bad : {"",           "/",
                            "0",          "0/",
                            "0/0",        "0/00",
                            "0/0000",     "00/000",
                            "64/000",     "-1/000",
                            "0/x000/000", "0/x001",
                            "0/x001/",    "0/001/000",
                            "0/000/",     "0/000.p",
                            "0/000.p/",   "0/000.p/0",
                            "0/000.p/01", "0/000.p/256",
                            "0/000.p/1/", "0/000.p/1/2",
                            "0/000.p/x",  "0/00a",
                            "0/+00",      "entry/000",
                            "entries",    "0/X001/000",
                            "data/000",   "0/x001/x000/x000/x000/x000/x000/x000/000"}) {
        EXPECT_FALSE(TilePath::parse(bad)) << bad;
    }
}

} // namespace
} // namespace keystead::log_proof
