// http/server_stream_test.cpp
//
// Bodies that are made piece by piece, over raw sockets.
#include "test/support/live_server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace keystead;
using namespace keystead::http;
using namespace keystead::test;

constexpr std::size_t kPiece = BodySource::kPieceBytes;

/// The body out of its chunks; nothing when the last chunk is missing or anything else is wrong.
std::optional<std::string> unchunked(std::string_view framed)
{
    std::string body;
    for (;;) {
        const std::size_t line = framed.find("\r\n");
        std::size_t size = 0;
        const auto [end, error] =
            std::from_chars(framed.data(), framed.data() + std::min(line, framed.size()), size, 16);
        if (line == std::string_view::npos || error != std::errc{} ||
            framed.size() < line + size + 4 || framed.substr(line + 2 + size, 2) != "\r\n") {
            return std::nullopt;
        }
        if (size == 0) {
            return framed.size() == line + 4 ? std::optional(body) : std::nullopt;
        }
        body.append(framed.substr(line + 2, size));
        framed.remove_prefix(line + size + 4);
    }
}

TEST(ServerStream, SendsABodyInChunks)
{
    LiveServer live;
    const auto answer = live.answer("GET /v1/stream/20");
    EXPECT_EQ(status_of_answer(answer), 200);
    EXPECT_EQ(field_of(answer, "Transfer-Encoding"), "chunked");
    EXPECT_EQ(field_of(answer, "Content-Length"), "");
    EXPECT_EQ(field_of(answer, "Cache-Control"), "no-store");
    const auto body = unchunked(body_of(answer));
    ASSERT_TRUE(body);
    ASSERT_EQ(body->size(), 20 * kPiece);
    for (std::size_t piece = 0; piece < 20; ++piece) {
        EXPECT_EQ((*body)[piece * kPiece], static_cast<char>('b' + piece));
    }
    EXPECT_EQ(live.pieces, 20);
}

TEST(ServerStream, SendsAnEmptyBody)
{
    LiveServer live;
    EXPECT_EQ(unchunked(body_of(live.answer("GET /v1/stream/0"))), "");
}

TEST(ServerStream, ServesTheNextRequestOfTheConnection)
{
    LiveServer live;
    RawClient client(live.port());
    client.send(live.request("GET /v1/stream/3") +
                live.request("GET /v1/things/abc", "Connection: close\r\n"));
    const std::string all = client.read_all();
    EXPECT_NE(all.find("\r\n0\r\n\r\nHTTP/1.1 200 OK"), std::string::npos);
    EXPECT_TRUE(all.ends_with("\r\n\r\nabc"));
}

TEST(ServerStream, SendsTheHeadAloneForHead)
{
    LiveServer live;
    RawClient client(live.port());
    client.send(live.request("HEAD /v1/stream/3") + live.request("GET /v1/things/abc"));
    EXPECT_EQ(status_of_answer(client.read_answer(false)), 200);
    EXPECT_EQ(body_of(client.read_answer()), "abc");
    EXPECT_EQ(live.pieces, 0);
}

// HTTP/1.0 knows no chunks (RFC 9112 §6.1): the body ends with the connection.
TEST(ServerStream, EndsTheBodyWithTheConnectionForHttp10)
{
    LiveServer live;
    RawClient client(live.port());
    client.send("GET /v1/stream/2 HTTP/1.0\r\nHost: localhost:" + std::to_string(live.port()) +
                "\r\n\r\n");
    const auto answer = client.read_all();
    EXPECT_EQ(field_of(answer, "Transfer-Encoding"), "");
    EXPECT_EQ(field_of(answer, "Connection"), "close");
    EXPECT_EQ(body_of(answer).size(), 2 * kPiece);
}

TEST(ServerStream, AnswersAFailureBeforeTheFirstPieceAsAProblem)
{
    LiveServer live;
    const auto answer = live.answer("GET /v1/stream/3/refused");
    EXPECT_EQ(status_of_answer(answer), 503);
    EXPECT_EQ(field_of(answer, "Content-Type"), "application/problem+json");
}

// guards: a body that broke off does not look whole
TEST(ServerStream, LeavesOutTheLastChunkWhenAPieceFails)
{
    LiveServer live;
    RawClient client(live.port());
    client.send(live.request("GET /v1/stream/3/cut"));
    const auto answer = client.read_all(); // closes although the client would keep it alive
    EXPECT_EQ(status_of_answer(answer), 200);
    EXPECT_FALSE(unchunked(body_of(answer)));
    EXPECT_TRUE(answer.ends_with("b\r\n")) << answer.substr(answer.size() - 20);
}

// guards: neither memory nor threads are spent on who does not read
TEST(ServerStream, MakesNoPieceForAReaderWhoDoesNotRead)
{
    LiveServer live;
    constexpr int kReaders = 8; // more than the lane has threads
    std::vector<std::unique_ptr<RawClient>> readers;
    for (int i = 0; i < kReaders; ++i) {
        readers.push_back(std::make_unique<RawClient>(live.port()));
        readers.back()->send(live.request("GET /v1/stream/10000"));
    }
    ASSERT_TRUE(eventually([&] { return live.pieces >= kReaders; }));
    // Others are served to the end, since the readers who wait hold no thread of the lane.
    EXPECT_EQ(unchunked(body_of(live.answer("GET /v1/stream/30")))->size(), 30 * kPiece);
    // What the sockets' buffers hold, and one piece: a small part of 640 MB each.
    EXPECT_LT(live.pieces, kReaders * 300);
    readers.clear();
    EXPECT_EQ(status_of_answer(live.answer("GET /v1/things/a")), 200);
}

} // namespace
