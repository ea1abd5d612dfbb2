#include "agent/http_answer.h"

#include <gtest/gtest.h>

namespace keystead::agent {
namespace {

constexpr std::size_t kMost = 1000;

// guards: what is read of an answer of ours
TEST(HttpAnswer, IsReadOnceItsHeadIsWhole)
{
    const std::string text = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: "
                             "Application/Problem+JSON; charset=utf-8\r\ncontent-length: 12\r\n"
                             "Retry-After: 7\r\nConnection: close\r\n\r\n";
    for (std::size_t size = 0; size < text.size(); ++size) {
        const auto head = parse_answer_head(text.substr(0, size), kMost);
        ASSERT_TRUE(head);
        EXPECT_FALSE(head->has_value());
    }
    const auto parsed = parse_answer_head(text + "123456789012", kMost);
    ASSERT_TRUE(parsed && parsed->has_value());
    const AnswerHead& head = **parsed;
    EXPECT_EQ(head.status, 503);
    EXPECT_EQ(head.head_bytes, text.size());
    EXPECT_EQ(head.body_bytes, 12U);
    EXPECT_FALSE(head.is_kept_alive);
    EXPECT_EQ(head.content_type, "application/problem+json");
    EXPECT_EQ(head.retry_after, std::chrono::seconds(7));
    EXPECT_EQ((*parse_answer_head("HTTP/1.1 204 \r\n\r\n", kMost))->body_bytes, 0U);
    EXPECT_FALSE(
        (*parse_answer_head("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", kMost))->is_kept_alive);
}

// guards: what two readers could understand in two ways is no answer
TEST(HttpAnswer, IsRefusedWhenItIsNotPlain)
{
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    const std::string length = "Content-Length: 3\r\n";
    for (const std::string& bad : {
             ok + "\r\n",                         // no length
             ok + length + length + "\r\n",       // twice
             ok + "Content-Length: 1001\r\n\r\n", // more than wanted
             ok + "Content-Length: +3\r\n\r\n",
             ok + "Content-Length: 3, 3\r\n\r\n",
             ok + "Content-Length: 03\r\n\r\n",
             ok + length + "Transfer-Encoding: chunked\r\n\r\n",
             ok + length + "Content-Encoding: gzip\r\n\r\n",
             ok + length + " folded: x\r\n\r\n",
             ok + length + "Name : x\r\n\r\n",
             ok + length + ": x\r\n\r\n",
             ok + length + "Name\r\n\r\n",
             ok + length + "Name: a\nb\r\n\r\n",
             ok + length + std::string("Name: a\0b\r\n\r\n", 13),
             "HTTP/1.1 100 Continue\r\n" + length + "\r\n",
             "HTTP/1.1 2000 OK\r\n" + length + "\r\n",
             "HTTP/1.1  200 OK\r\n" + length + "\r\n",
             "HTTP/2 200 OK\r\n" + length + "\r\n",
             "SSH-2.0-OpenSSH\r\n" + length + "\r\n",
             "\r\n\r\n" + ok,
             std::string(kHeadBytesMax, 'x'),
         }) {
        EXPECT_FALSE(parse_answer_head(bad, kMost)) << bad.substr(0, 100);
    }
}

} // namespace
} // namespace keystead::agent
