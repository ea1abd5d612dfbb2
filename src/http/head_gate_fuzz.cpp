// http/head_gate_fuzz.cpp
//
// Property: what the gate accepts, Beast parses to the same method, target, fields and framing as
// the bytes plainly say; and the verdict does not depend on how the bytes arrive.
#include "http/ascii.h"
#include "http/head_gate.h"
#include "http/message_parser.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace keystead::http;

void require(bool condition)
{
    if (!condition) {
        std::abort();
    }
}

void compare(std::string_view bytes, const Head& head)
{
    std::size_t start = bytes.find("\r\n") + 2;
    const std::string_view line = bytes.substr(0, start - 2);
    require(line.starts_with(head.method_text) &&
            line.substr(head.method_text.size() + 1).starts_with(head.target));
    require(line.size() ==
            head.method_text.size() + head.target.size() + std::string_view("  HTTP/1.1").size());
    std::size_t count = 0;
    while (!bytes.substr(start).starts_with("\r\n")) {
        const std::size_t end = bytes.find("\r\n", start);
        const std::string_view field = bytes.substr(start, end - start);
        const std::size_t colon = field.find(':');
        require(count < head.field_count);
        require(head.fields[count].name == field.substr(0, colon));
        require(head.fields[count].value == trim(field.substr(colon + 1)));
        ++count;
        start = end + 2;
    }
    require(count == head.field_count && start + 2 == bytes.size());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    constexpr std::size_t kHeadMax = 4096;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    std::size_t scanned = 0;
    const GateVerdict verdict = check_head(bytes, scanned, kHeadMax);
    std::size_t scanned_slowly = 0;
    GateVerdict slow;
    for (std::size_t end = 0; end <= bytes.size() && slow.kind == GateVerdict::Kind::Incomplete;
         ++end) {
        slow = check_head(bytes.substr(0, end), scanned_slowly, kHeadMax);
    }
    require((slow.kind == GateVerdict::Kind::Accepted) ==
            (verdict.kind == GateVerdict::Kind::Accepted));
    if (verdict.kind != GateVerdict::Kind::Accepted) {
        return 0;
    }
    require(slow.head_bytes == verdict.head_bytes);
    static MessageParser parser;
    static Head head;
    const std::string_view head_bytes = bytes.substr(0, verdict.head_bytes);
    require(parser.parse_head(head_bytes, verdict, head));
    require(is_canonical_path(head.path));
    compare(head_bytes, head);
    return 0;
}
