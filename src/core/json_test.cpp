#include "core/json.h"

#include <gtest/gtest.h>

namespace keystead {
namespace {

// guards: every kind arrives as what it was
TEST(Json, ReadsEveryKind)
{
    const auto parsed = parse_json(
        R"( {"n":null,"t":true,"i":-42,"d":1.5,"e":1e3,"s":"a\u00e9\ud83d\ude00\n","a":[1,[],{}],"o":{"x":"y"}} )");
    ASSERT_TRUE(parsed);
    EXPECT_TRUE(parsed->find("n")->is_null());
    EXPECT_TRUE(parsed->find("t")->boolean());
    EXPECT_EQ(parsed->find("i")->integer(), -42);
    EXPECT_EQ(parsed->find("d")->decimal(), 1.5);
    EXPECT_EQ(parsed->find("e")->decimal(), 1000.0);
    EXPECT_EQ(parsed->find("s")->string(), "aé😀\n");
    EXPECT_EQ(parsed->find("a")->array().size(), 3U);
    EXPECT_EQ(parsed->find("o")->find("x")->string(), "y");
    EXPECT_EQ(parsed->find("absent"), nullptr);
    EXPECT_EQ(parsed->object().front().name, "n");
    EXPECT_EQ(parse_json("9223372036854775807")->integer(), INT64_MAX);
    EXPECT_EQ(parse_json("-9223372036854775808")->integer(), INT64_MIN);
}

// guards: what two parsers could read differently is refused
TEST(Json, RefusesWhatIsAmbiguousOrMalformed)
{
    const std::string_view refused[] = {
        "",
        " ",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "[1] 2",
        "nul",
        "NaN",
        "Infinity",
        "01",
        "+1",
        ".5",
        "1.",
        "1e",
        "// c\n1",
        "/* c */ 1",
        "\xef\xbb\xbf{}",
        R"({"a":1,"a":2})",
        R"({"a":1,"\u0061":2})", // one name, two spellings
        R"("\u0000")",
        R"({"\u0000":1})",
        std::string_view("\"\0\"", 3),
        "\"\n\"",
        "\"\x1f\"",
        R"("\x41")",
        R"("\ud800")",
        R"("\udc00\ud800")",
        "\"\xc0\x80\"",
        "\"\xed\xa0\x80\"",
        "\"\xff\"",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "1e999",
        "-1e999",
    };
    for (const auto text : refused) {
        const auto parsed = parse_json(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, "request/malformed-json");
    }
}

// guards: depth, number of values and length of strings are bounded
TEST(Json, KeepsItsLimits)
{
    const JsonLimits limits{.depth_max = 3, .members_max = 4, .string_bytes_max = 5};
    EXPECT_TRUE(parse_json("[[[1]]]", limits));
    EXPECT_FALSE(parse_json("[[[[1]]]]", limits));
    EXPECT_TRUE(parse_json("[1,2,3,4]", limits));
    EXPECT_FALSE(parse_json("[1,2,3,4,5]", limits));
    EXPECT_FALSE(parse_json(R"({"a":[1,2],"b":[3]})", limits)) << "counted in all";
    EXPECT_TRUE(parse_json(R"("12345")", limits));
    EXPECT_FALSE(parse_json(R"("123456")", limits));
    EXPECT_FALSE(parse_json(R"("12345\n")", limits));
    EXPECT_FALSE(parse_json(R"({"123456":1})", limits));
    EXPECT_FALSE(parse_json(std::string(100000, '[')));
}

// guards: commas, escapes and kinds of what we answer
TEST(Json, Writes)
{
    JsonWriter out;
    out.begin_object()
        .member("a", 1)
        .member("b", "x\"")
        .key("c")
        .begin_array()
        .value(true)
        .null()
        .value(2.0)
        .end_array();
    out.member("d", std::optional<std::string>{})
        .key("e")
        .begin_object()
        .end_object()
        .member("f", Instant{});
    out.key("g").raw("[1]").member("h", std::uint64_t{18446744073709551615U}).end_object();
    EXPECT_EQ(
        out.text(),
        R"({"a":1,"b":"x\"","c":[true,null,2.0],"d":null,"e":{},"f":"1970-01-01T00:00:00.000000Z",)"
        R"("g":[1],"h":18446744073709551615})");
}

// guards: a value moves whole, and can be put in the place of another
TEST(Json, Moves)
{
    auto value = std::move(*parse_json(R"({"a":["b"]})"));
    JsonValue other{"text"};
    other = std::move(value);
    EXPECT_EQ(other.find("a")->array().front().string(), "b");
}

} // namespace
} // namespace keystead
