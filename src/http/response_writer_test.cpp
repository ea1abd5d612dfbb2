// http/response_writer_test.cpp
#include "http/response_writer.h"

#include "core/encoding.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace keystead;
using namespace keystead::http;

struct Writing : testing::Test {
    FieldBlocks blocks{FieldBlocks::Transport::TlsHereAndBelow};
    std::string write(const Response& response, std::string_view nonce = {},
                      BodyOmission body = BodyOmission::Send)
    {
        std::string out;
        append_response(out, response,
                        {.blocks = blocks,
                         .date = "D",
                         .request_id = "req_1",
                         .body = body,
                         .page_nonce = nonce});
        return out;
    }
    static bool has(const std::string& answer, std::string_view text)
    {
        return answer.find(text) != std::string::npos;
    }
};

// guards: security.md 27, 28: what every answer of the API carries
TEST_F(Writing, PutsTheSecurityFieldsOnEveryAnswer)
{
    const auto answer = write(Response::json(200, "{}"));
    for (const std::string_view field :
         {"HTTP/1.1 200 OK\r\n", "Cache-Control: no-store\r\n",
          "X-Content-Type-Options: nosniff\r\n", "Referrer-Policy: no-referrer\r\n",
          "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'; sandbox\r\n",
          "Cross-Origin-Opener-Policy: same-origin\r\n",
          "Cross-Origin-Resource-Policy: same-origin\r\n",
          "Strict-Transport-Security: max-age=63072000", "Keystead-Request-Id: req_1\r\n",
          "Date: D\r\n", "Content-Type: application/json\r\n", "Content-Length: 2\r\n\r\n{}"}) {
        EXPECT_TRUE(has(answer, field)) << field << "\n" << answer;
    }
    EXPECT_FALSE(has(answer, "Server:"));
    using Transport = FieldBlocks::Transport;
    EXPECT_FALSE(has(FieldBlocks(Transport::MaybeClear).api, "Strict-Transport"));
    // guards: on the product's own host nothing is said of the product's other names
    EXPECT_TRUE(has(FieldBlocks(Transport::TlsHere).api,
                    "Strict-Transport-Security: max-age=63072000\r\n"));
}

TEST_F(Writing, GivesPagesTheirNonceAndTrustedTypes)
{
    const auto answer = write(
        {.status = 200, .content_type = "text/html; charset=utf-8", .body = "<p>"}, "bm9uY2U=");
    EXPECT_TRUE(has(answer, "script-src 'nonce-bm9uY2U=' 'strict-dynamic'"));
    EXPECT_TRUE(has(answer, "require-trusted-types-for 'script'; trusted-types app"));
    EXPECT_TRUE(has(answer, "frame-ancestors 'none'"));
    EXPECT_FALSE(has(answer, "sandbox"));
}

TEST_F(Writing, SendsNoBodyWhereNoneBelongs)
{
    EXPECT_FALSE(has(write(Response::no_content()), "Content-Length"));
    const auto head = write(Response::json(200, "{\"a\":1}"), {}, BodyOmission::HeadOnly);
    EXPECT_TRUE(has(head, "Content-Length: 7\r\n"));
    EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST_F(Writing, LetsAHandlerSayItsOwnPolicy)
{
    auto response = Response{.status = 200, .content_type = "text/html", .body = ""};
    response.headers = {{"Content-Security-Policy", "default-src 'self'"}};
    const auto answer = write(response);
    EXPECT_TRUE(has(answer, "default-src 'self'\r\n"));
    EXPECT_FALSE(has(answer, "sandbox"));
    EXPECT_TRUE(has(answer, "no-store"));
}

// guards: a line break in a field of ours would be a new field
TEST(WritingDeathTest, EndsOnALineBreakInAField)
{
    const FieldBlocks blocks(FieldBlocks::Transport::MaybeClear);
    std::string out;
    auto response = Response::no_content();
    response.headers = {{"Location", "/a\r\nSet-Cookie: b"}};
    EXPECT_DEATH(append_response(out, response, {.blocks = blocks, .date = "D", .request_id = "r"}),
                 "broken invariant");
}

TEST_F(Writing, ChoosesTheCodingOfAFile)
{
    const Asset asset{.content_type = "text/javascript",
                      .identity = "plain",
                      .gzip = "gz",
                      .brotli = "br",
                      .etag = "\"1\"",
                      .immutable = true};
    const auto body = [&](std::string_view accept, std::string_view match = {}) {
        std::string out;
        return std::string(append_asset_head(out, asset, accept, match,
                                             {.blocks = blocks, .date = "D", .request_id = "r"}));
    };
    EXPECT_EQ(body("gzip, deflate, br"), "br");
    EXPECT_EQ(body("gzip"), "gz");
    EXPECT_EQ(body(""), "plain");
    EXPECT_EQ(body("br;q=0, gzip;q=0.5"), "gz");
    EXPECT_EQ(body("br;q=0.000"), "plain");
    EXPECT_EQ(body("brx"), "plain");
    EXPECT_EQ(body("br", "\"1\""), "");
}

// guards: only a script, which a worker may be made of, is not in a sandbox
TEST_F(Writing, PutsFilesIntoASandboxButScripts)
{
    const auto head = [&](std::string_view type) {
        std::string out;
        append_asset_head(out, {.content_type = type, .identity = "plain"}, "", "",
                          {.blocks = blocks, .date = "D", .request_id = "r"});
        return out;
    };
    EXPECT_TRUE(has(head("image/svg+xml"), "default-src 'none'; frame-ancestors 'none'; sandbox"));
    const std::string script = head("text/javascript; charset=utf-8");
    EXPECT_TRUE(has(script, "default-src 'none'; frame-ancestors 'none'"));
    EXPECT_FALSE(has(script, "sandbox"));
}

TEST(TimeTexts, AreThoseOfTheStandards)
{
    TimeTexts times;
    const auto instant = *parse_rfc3339("1994-11-06T08:49:37.000012Z"); // RFC 9110 §5.6.7
    EXPECT_EQ(times.http_date(instant), "Sun, 06 Nov 1994 08:49:37 GMT");
    std::string text;
    times.append_rfc3339(text, instant);
    EXPECT_EQ(text, rfc3339(instant));
}

} // namespace
