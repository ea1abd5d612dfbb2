#include "core/encoding.h"

#include <gtest/gtest.h>

namespace keystead {
namespace {

// guards: RFC 4648 §10 vectors, in our unpadded and padded forms
TEST(Encoding, WritesTheVectorsOfRfc4648)
{
    EXPECT_EQ(base64_encode(as_bytes("")), "");
    EXPECT_EQ(base64_encode(as_bytes("f")), "Zg==");
    EXPECT_EQ(base64_encode(as_bytes("fo")), "Zm8=");
    EXPECT_EQ(base64_encode(as_bytes("foobar")), "Zm9vYmFy");
    EXPECT_EQ(base64url_encode(as_bytes("fo")), "Zm8");
    EXPECT_EQ(base64url_encode(as_bytes("\xfb\xff")), "-_8");
    EXPECT_EQ(base32_encode(as_bytes("f")), "MY");
    EXPECT_EQ(base32_encode(as_bytes("foobar")), "MZXW6YTBOI");
    EXPECT_EQ(hex_encode(as_bytes("foobar")), "666f6f626172");
}

std::optional<Bytes> base62_decode(std::string_view text, std::size_t size)
{
    Bytes bytes(size);
    return base62_decode_into(text, bytes) ? std::optional(bytes) : std::nullopt;
}

// guards: what was written is read again, whatever its length
TEST(Encoding, ReadsWhatItWrote)
{
    Bytes bytes;
    for (int i = 0; i < 70; ++i) {
        EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
        EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
        EXPECT_EQ(base32_decode(base32_encode(bytes)), bytes);
        EXPECT_EQ(hex_decode(hex_encode(bytes)), bytes);
        if (bytes.size() <= 64) {
            const auto text = base62_encode(bytes, bytes.size() * 11 / 8 + 1);
            EXPECT_EQ(base62_decode(text, bytes.size()), bytes);
        }
        bytes.push_back(static_cast<std::byte>(i * 37 + 200));
    }
}

// guards: two texts never mean the same bytes (RFC 4648 §3.5)
TEST(Encoding, RefusesWhatIsNotCanonical)
{
    for (const auto* text : {"Zg", "Zg=", "Zg===", "Zh==", "Z===", "====", "Zm9v YmFy", "Zm9v\n",
                             "Zm-v", "Zg==Zg=="}) {
        EXPECT_FALSE(base64_decode(text)) << text;
    }
    for (const auto* text : {"Zh", "Z", "Zg==", "Zm+v", "Zm8\n"}) {
        EXPECT_FALSE(base64url_decode(text)) << text;
    }
    for (const auto* text : {"my", "MZ", "M", "MZX", "MZXW6Y", "MY======", "M1", "MY "}) {
        EXPECT_FALSE(base32_decode(text)) << text;
    }
    for (const auto* text : {"6", "6G", "AB", "0x66", " 66"}) {
        EXPECT_FALSE(hex_decode(text)) << text;
    }
}

// guards: a number that is too large or has a foreign digit is no base62
TEST(Encoding, RefusesBase62ThatDoesNotFit)
{
    EXPECT_EQ(base62_decode("47", 1), Bytes{std::byte{255}});
    EXPECT_FALSE(base62_decode("48", 1)) << "256";
    EXPECT_EQ(base62_decode("LygHa16AHYF", 8), Bytes(8, std::byte{255}));
    EXPECT_FALSE(base62_decode("LygHa16AHYG", 8)) << "2^64";
    EXPECT_FALSE(base62_decode("-1", 1));
    EXPECT_FALSE(base62_decode("zzzzzzzzzzzzzzzzzzzzzz", 16));
}

// guards: the check value of CRC-32/ISO-HDLC, by which scanners recognise a token
TEST(Encoding, ComputesCrc32)
{
    EXPECT_EQ(crc32("123456789"), 0xCBF43926U);
    EXPECT_EQ(crc32(""), 0U);
}

std::string as_json(std::string_view text)
{
    std::string out;
    append_json_string(out, text);
    return out;
}

// guards: nothing in a log or an answer can end a string, start a line or turn the direction of
// text
TEST(Encoding, EscapesJsonStrings)
{
    EXPECT_EQ(as_json("a\"b\\c"), R"("a\"b\\c")");
    EXPECT_EQ(as_json(std::string_view("\0\n\r\x1b\x7f", 5)), R"("\u0000\n\u000d\u001b\u007f")");
    EXPECT_EQ(as_json("\u2028\u2029\u202e\u2066\u200f\u0085"),
              R"("\u2028\u2029\u202e\u2066\u200f\u0085")");
    EXPECT_EQ(as_json("\xff\xc0\x80"), R"("\ufffd\ufffd\ufffd")");
    EXPECT_EQ(as_json("é😀"), "\"é😀\"");
}

// guards: strict UTF-8 (RFC 3629 §4)
TEST(Encoding, KnowsUtf8)
{
    EXPECT_TRUE(is_valid_utf8("aé€😀"));
    EXPECT_EQ(count_code_points("aé€😀"), 4U);
    for (const auto* text :
         {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xe2\x82x", "\xff"}) {
        EXPECT_FALSE(is_valid_utf8(text)) << hex_encode(as_bytes(text));
    }
}

// guards: times are UTC with microseconds, and only that comes back in
TEST(Encoding, WritesAndReadsTimes)
{
    const Instant instant = from_micros(1'795'314'881'123'456);
    EXPECT_EQ(rfc3339(instant), "2026-11-22T02:34:41.123456Z");
    EXPECT_EQ(parse_rfc3339(rfc3339(instant)), instant);
    EXPECT_EQ(rfc3339(from_micros(-1)), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), Instant{});
    EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.5Z"), from_micros(500'000));
    for (const auto* text :
         {"", "2026-11-22", "2026-11-22T02:34:41", "2026-11-22T02:34:41z", "2026-11-22 02:34:41Z",
          "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-22T24:00:00Z",
          "2026-11-22T23:60:00Z", "2026-11-22T23:59:60Z", "2026-11-22T02:34:41.Z",
          "2026-11-22T02:34:41.1234567Z", "2026-11-22T02:34:41+00:00", "+026-11-22T02:34:41Z",
          "2026-11-22T02:34:41Z "}) {
        EXPECT_FALSE(parse_rfc3339(text)) << text;
    }
}

} // namespace
} // namespace keystead
