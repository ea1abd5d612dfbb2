// The head of an HTTP answer: what is taken is whole, within its bounds, and the same again when
// more bytes follow.
#include "agent/http_answer.h"

#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead::agent;
    constexpr std::size_t kBodyBytesMax = 4096;
    const std::string input(reinterpret_cast<const char*>(data), size);
    const auto head = parse_answer_head(input, kBodyBytesMax);
    if (!head || !*head) {
        return 0;
    }
    const AnswerHead& one = **head;
    if (one.body_bytes > kBodyBytesMax || one.head_bytes > kHeadBytesMax || one.head_bytes > size ||
        one.status < 200 || one.status > 599) {
        std::abort();
    }
    const auto again = parse_answer_head(input + "HTTP/1.1 200 OK\r\n\r\n", kBodyBytesMax);
    if (!again || !*again || (*again)->head_bytes != one.head_bytes ||
        (*again)->body_bytes != one.body_bytes) {
        std::abort();
    }
    return 0;
}
