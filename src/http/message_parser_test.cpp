// http/message_parser_test.cpp
#include "http/message_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace {

using namespace keystead::http;
using State = MessageParser::BodyState;

struct Parsed {
    MessageParser parser;
    Head head;
    std::string body;
};

constexpr std::string_view kChunkedHead =
    "POST /v1/a?b=c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

void parse_head(Parsed& parsed, std::string_view head)
{
    std::size_t scanned = 0;
    const auto verdict = check_head(head, scanned, 16384);
    ASSERT_EQ(verdict.kind, GateVerdict::Kind::Accepted);
    ASSERT_TRUE(parsed.parser.parse_head(head, verdict, parsed.head));
}

/// Feeds the body `piece` bytes at a time, keeping what was not consumed.
State feed(Parsed& parsed, std::string_view bytes, std::size_t piece, std::size_t bytes_max = 1000)
{
    std::string waiting;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        waiting += bytes.substr(at, piece);
        const auto progress = parsed.parser.parse_body(waiting, bytes_max, parsed.body);
        waiting.erase(0, progress.consumed);
        if (progress.state != State::NeedsMore) {
            return progress.state;
        }
    }
    return State::NeedsMore;
}

TEST(MessageParser, GivesTheHeadAsViews)
{
    Parsed parsed;
    parse_head(parsed,
               "GET /v1/a?b=c HTTP/1.1\r\nHost: a\r\nX-Y:  z \r\nConnection: close\r\n\r\n");
    EXPECT_EQ(parsed.head.method, Method::Get);
    EXPECT_EQ(parsed.head.path, "/v1/a");
    EXPECT_EQ(parsed.head.query, "b=c");
    EXPECT_EQ(parsed.head.field("x-y"), "z");
    EXPECT_EQ(parsed.head.field_count, 3U);
    EXPECT_FALSE(parsed.head.keep_alive);
}

TEST(MessageParser, UndoesChunksHoweverTheyAreCut)
{
    for (std::size_t piece = 1; piece < 30; ++piece) {
        Parsed parsed;
        parse_head(parsed, kChunkedHead);
        EXPECT_EQ(feed(parsed, "4;x=y\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n", piece), State::Complete)
            << piece;
        EXPECT_EQ(parsed.body, "Wikipedia");
    }
}

// guards: trailers cannot smuggle fields into a head
TEST(MessageParser, RefusesEveryTrailer)
{
    for (const std::string_view trailer :
         {"Authorization: x\r\n", "Cookie: a=b\r\n", "X: y\r\n", "Content-Length: 3\r\n"}) {
        Parsed parsed;
        parse_head(parsed, kChunkedHead);
        EXPECT_EQ(feed(parsed, "1\r\na\r\n0\r\n" + std::string(trailer) + "\r\n", 1000),
                  State::Malformed)
            << trailer;
        EXPECT_EQ(parsed.head.field_count, 2U);
    }
}

// guards: chunks that readers understand differently
TEST(MessageParser, RefusesMalformedChunks)
{
    for (const std::string_view body :
         {"g\r\n", "-1\r\na\r\n", "1\na\r\n0\r\n\r\n", "1\r\nab\r\n0\r\n\r\n",
          " 1\r\na\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFFF\r\na", "1\r\na\n0\r\n\r\n",
          "0x1\r\na\r\n0\r\n\r\n"}) {
        Parsed parsed;
        parse_head(parsed, kChunkedHead);
        EXPECT_EQ(feed(parsed, body, 1000), State::Malformed) << body;
    }
    Parsed parsed;
    parse_head(parsed, kChunkedHead);
    EXPECT_EQ(feed(parsed, "1;" + std::string(300, 'a') + "\r\na\r\n0\r\n\r\n", 1000),
              State::Malformed);
}

// guards: the route's body limit, on both framings, while reading
TEST(MessageParser, StopsAtTheLimit)
{
    Parsed chunked;
    parse_head(chunked, kChunkedHead);
    EXPECT_EQ(feed(chunked, "4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n", 1, 8), State::TooLarge);
    EXPECT_LE(chunked.body.size(), 8U);
    Parsed length;
    parse_head(length, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
    EXPECT_EQ(feed(length, "Wikipedia", 1, 8), State::TooLarge);
}

TEST(MessageParser, LeavesTheNextRequestAlone)
{
    Parsed parsed;
    parse_head(parsed, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n");
    const auto progress = parsed.parser.parse_body("WikiGET / HTTP/1.1", 100, parsed.body);
    EXPECT_EQ(progress.state, State::Complete);
    EXPECT_EQ(progress.consumed, 4U);
    EXPECT_EQ(parsed.body, "Wiki");
}

} // namespace
