// http/head_gate.cpp
#include "http/head_gate.h"

#include "http/ascii.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace keystead::http {
namespace {

constexpr std::size_t kLengthDigitsMax = 15; // fits 64 bits with room; no body of ours comes near

GateVerdict malformed(std::string_view reason)
{
    return {.kind = GateVerdict::Kind::Malformed, .reason = reason};
}
GateVerdict too_large(std::string_view reason)
{
    return {.kind = GateVerdict::Kind::TooLarge, .reason = reason};
}

/// Where the head ends (after its empty line), 0 when that has not come yet, or nothing when a line
/// ends in a bare LF.
std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t& scanned)
{
    while (scanned < bytes.size()) {
        const void* found = std::memchr(bytes.data() + scanned, '\n', bytes.size() - scanned);
        if (found == nullptr) {
            scanned = bytes.size();
            return 0;
        }
        const auto line_feed =
            static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
        // "a recipient MAY recognize a single LF as a line terminator" (RFC 9112 §2.2): who does
        // and who does not is how requests are smuggled, so we do not.
        if (line_feed == 0 || bytes[line_feed - 1] != '\r') {
            return std::nullopt;
        }
        scanned = line_feed + 1;
        if (line_feed >= 3 && bytes[line_feed - 2] == '\n') {
            return scanned;
        }
    }
    return 0;
}

bool is_canonical_query(std::string_view query)
{
    for (std::size_t i = 0; i < query.size(); ++i) {
        if (query[i] == '%') {
            if (i + 2 >= query.size() || hex_value(query[i + 1]) < 0 ||
                hex_value(query[i + 2]) < 0) {
                return false;
            }
            i += 2;
        } else if (!is_query_character(query[i])) {
            return false;
        }
    }
    return true;
}

/// method SP origin-form SP "HTTP/1.0" or "HTTP/1.1". Sets `minor`. Returns why not, or an empty
/// view.
std::string_view check_request_line(std::string_view line, int& minor)
{
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == 0 || first == last) {
        return "the request line is not method, target, version";
    }
    for (const char c : line.substr(0, first)) {
        if (!is_token_character(c)) {
            return "the method is not a token";
        }
    }
    const std::string_view version = line.substr(last + 1);
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
        return "the version is not HTTP/1.1 or HTTP/1.0";
    }
    minor = version.back() - '0';
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::size_t question = target.find('?');
    if (!is_canonical_path(target.substr(0, question))) {
        return "the target is not a path in canonical form";
    }
    if (question != std::string_view::npos && !is_canonical_query(target.substr(question + 1))) {
        return "the query has characters that must be percent-encoded";
    }
    return {};
}

/// Fields that may come once only: a second one would mean different things to different readers.
enum class Once : std::uint8_t {
    Host,
    ContentLength,
    TransferEncoding,
    Authorization,
    Cookie,
    ContentType,
    Connection,
    Expect,
    Origin,
    FetchSite,
    Csrf,
    Count,
    Other,
};

constexpr std::array<std::string_view, static_cast<std::size_t>(Once::Count)> kOnceNames{
    "host",   "content-length", "transfer-encoding", "authorization",
    "cookie", "content-type",   "connection",        "expect",
    "origin", "sec-fetch-site", "keystead-csrf"};

Once classify(std::string_view name)
{
    for (std::size_t i = 0; i < kOnceNames.size(); ++i) {
        if (ascii_iequal(name, kOnceNames[i])) {
            return static_cast<Once>(i);
        }
    }
    return Once::Other;
}

bool is_content_length(std::string_view value, std::uint64_t& length)
{
    if (value.empty() || value.size() > kLengthDigitsMax) {
        return false;
    }
    length = 0;
    for (const char c : value) {
        if (!is_digit(c)) {
            return false;
        }
        length = length * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return true;
}

/// token *( OWS "," OWS token )
bool is_token_list(std::string_view value)
{
    while (true) {
        const std::size_t comma = value.find(',');
        const std::string_view item = trim(value.substr(0, comma));
        if (item.empty()) {
            return false;
        }
        for (const char c : item) {
            if (!is_token_character(c)) {
                return false;
            }
        }
        if (comma == std::string_view::npos) {
            return true;
        }
        value.remove_prefix(comma + 1);
    }
}

/// uri-host [ ":" port ], characters only (RFC 9110 §7.2); which hosts are ours is asked later.
bool is_host(std::string_view value)
{
    if (value.empty() || value.size() > 255) {
        return false;
    }
    for (const char c : value) {
        if (!is_unreserved(c) && c != ':' && c != '[' && c != ']') {
            return false;
        }
    }
    return true;
}

struct FieldLine {
    std::string_view name;
    std::string_view value;
};

/// Returns why not, or an empty view.
std::string_view split_field(std::string_view line, FieldLine& field)
{
    // "obs-fold = OWS CRLF RWS" (RFC 9112 §5.2): a line that begins with space continues the one
    // before.
    if (line.front() == ' ' || line.front() == '\t') {
        return "a folded field line";
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) {
        return "a field line without a name";
    }
    field.name = line.substr(0, colon);
    // "No whitespace is allowed between the field name and colon" (RFC 9112 §5.1).
    for (const char c : field.name) {
        if (!is_token_character(c)) {
            return "a field name is not a token";
        }
    }
    field.value = trim(line.substr(colon + 1));
    for (const char c : field.value) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            return "a control character in a field value";
        }
    }
    return {};
}

/// What the fields seen so far have said about framing and identity.
struct FieldState {
    std::array<bool, static_cast<std::size_t>(Once::Count)> seen{};
    std::uint64_t content_length = 0;
    bool has(Once field) const { return seen[static_cast<std::size_t>(field)]; }
};

std::string_view check_field(const FieldLine& field, int minor, FieldState& state)
{
    const Once which = classify(field.name);
    if (which == Once::Other) {
        return {};
    }
    bool& seen = state.seen[static_cast<std::size_t>(which)];
    if (seen) {
        return "a field that may come once came twice";
    }
    seen = true;
    switch (which) {
    case Once::Host: return is_host(field.value) ? std::string_view{} : "Host is not a host";
    case Once::ContentLength:
        return is_content_length(field.value, state.content_length)
                   ? std::string_view{}
                   : "Content-Length is not digits alone";
    case Once::TransferEncoding:
        // "A server … MUST NOT … Transfer-Encoding … HTTP/1.0" and an unknown coding cannot be
        // framed (RFC 9112 §6.1).
        return field.value == "chunked" && minor == 1 ? std::string_view{}
                                                      : "Transfer-Encoding is not `chunked`";
    case Once::Connection:
        return is_token_list(field.value) ? std::string_view{}
                                          : "Connection is not a list of tokens";
    case Once::Authorization:
    case Once::Cookie:
    case Once::ContentType:
    case Once::Expect:
    case Once::Origin:
    case Once::FetchSite:
    case Once::Csrf:
    case Once::Count:
    case Once::Other: return {};
    }
    std::abort();
}

/// `head` ends in its empty line and has no bare LF.
GateVerdict check_complete_head(std::string_view head)
{
    // NUL, and CR anywhere but before LF, end a line for some readers (RFC 9112 §2.2, RFC 9110
    // §5.5).
    std::size_t line_end = head.find('\r');
    if (head[line_end + 1] != '\n') {
        return malformed("a bare CR");
    }
    int minor = 1;
    if (const auto reason = check_request_line(head.substr(0, line_end), minor); !reason.empty()) {
        return malformed(reason);
    }
    FieldState state;
    std::size_t fields = 0;
    std::size_t start = line_end + 2;
    while (head[start] != '\r') {
        line_end = head.find('\n', start) - 1;
        if (++fields > kFieldsMax) {
            return too_large("more than 100 fields");
        }
        FieldLine field;
        if (const auto reason = split_field(head.substr(start, line_end - start), field);
            !reason.empty()) {
            return malformed(reason);
        }
        if (const auto reason = check_field(field, minor, state); !reason.empty()) {
            return malformed(reason);
        }
        start = line_end + 2;
    }
    if (start + 2 != head.size()) {
        return malformed("a bare CR");
    }
    if (!state.has(Once::Host)) {
        return malformed("no Host");
    }
    if (state.has(Once::ContentLength) && state.has(Once::TransferEncoding)) {
        return malformed("Content-Length beside Transfer-Encoding");
    }
    GateVerdict verdict{.kind = GateVerdict::Kind::Accepted, .head_bytes = head.size()};
    if (state.has(Once::TransferEncoding)) {
        verdict.framing = Framing::Chunked;
    } else if (state.content_length > 0) {
        verdict.framing = Framing::Length;
        verdict.content_length = state.content_length;
    }
    return verdict;
}

} // namespace

bool is_canonical_path(std::string_view path)
{
    if (path.empty() || path.front() != '/') {
        return false;
    }
    std::size_t segment_start = 1;
    for (std::size_t i = 1; i <= path.size(); ++i) {
        if (i == path.size() || path[i] == '/') {
            const std::string_view segment = path.substr(segment_start, i - segment_start);
            // An empty segment may only be the last (a trailing slash).
            if (segment == "." || segment == ".." || (segment.empty() && i != path.size())) {
                return false;
            }
            segment_start = i + 1;
        } else if (path[i] == '%') {
            if (i + 2 >= path.size()) {
                return false;
            }
            const int high = hex_value(path[i + 1]);
            const int low = hex_value(path[i + 2]);
            if (high < 0 || low < 0 || path[i + 1] >= 'a' ||
                path[i + 2] >= 'a') { // upper-case digits only
                return false;
            }
            // Only what cannot stand for itself may be encoded, so that there is one way to write a
            // path; control characters, slashes and the percent sign not even so.
            const auto byte = static_cast<unsigned char>(high * 16 + low);
            if (byte < 0x20 || byte == 0x7f || byte == '%' || byte == '\\' ||
                is_path_character(static_cast<char>(byte))) {
                return false;
            }
            i += 2;
        } else if (!is_path_character(path[i])) {
            return false;
        }
    }
    return true;
}

GateVerdict check_head(std::string_view bytes, std::size_t& scanned, std::size_t head_bytes_max)
{
    const auto end = find_head_end(bytes, scanned);
    if (!end) {
        return malformed("a bare LF");
    }
    if (*end > head_bytes_max || (*end == 0 && bytes.size() >= head_bytes_max)) {
        return too_large("the head is too large");
    }
    if (*end == 0) {
        return {};
    }
    return check_complete_head(bytes.substr(0, *end));
}

} // namespace keystead::http
