#include "agent/http_answer.h"

#include "agent/words.h"

#include <algorithm>
#include <cstdint>

namespace keystead::agent {
namespace {

Error malformed(std::string detail)
{
    return {ErrorKind::InvalidInput, "agent/malformed-http", std::move(detail)};
}

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_same_name(std::string_view a, std::string_view b)
{
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text)
{
    const auto begin = std::min(text.find_first_not_of(" \t"), text.size());
    const auto end = text.find_last_not_of(" \t");
    return end == std::string_view::npos ? std::string_view{} : text.substr(begin, end + 1 - begin);
}

bool is_field_name(std::string_view name)
{
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
    });
}

/// The line without its CRLF; nothing when it ends otherwise or holds a control character.
std::optional<std::string_view> take_line(std::string_view& rest)
{
    const auto end = rest.find("\r\n");
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    const auto line = rest.substr(0, end);
    rest = rest.substr(end + 2);
    const bool is_clean = std::ranges::none_of(line, [](char c) {
        return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 127;
    });
    return is_clean ? std::optional(line) : std::nullopt;
}

/// "HTTP/1.1 200 OK" (RFC 9112 §4); also of a proxy that speaks 1.0.
std::optional<int> parse_status(std::string_view line)
{
    constexpr std::size_t kVersionBytes = 9;
    const bool is_known = line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
    if (!is_known || line.size() < kVersionBytes + 3 ||
        (line.size() > kVersionBytes + 3 && line[kVersionBytes + 3] != ' ')) {
        return std::nullopt;
    }
    const auto status = parse_number(line.substr(kVersionBytes, 3), 599);
    return status && *status >= 200 ? std::optional(static_cast<int>(*status)) : std::nullopt;
}

struct Fields {
    std::optional<std::size_t> content_length;
    AnswerHead head;
};

bool take_field(Fields& fields, std::string_view name, std::string_view value,
                std::size_t body_bytes_max)
{
    if (is_same_name(name, "content-length")) {
        const auto length = parse_number(value, static_cast<std::int64_t>(body_bytes_max));
        if (!length || fields.content_length) {
            return false;
        }
        fields.content_length = static_cast<std::size_t>(*length);
    } else if (is_same_name(name, "transfer-encoding") || is_same_name(name, "content-encoding")) {
        return false; // Neither was asked for.
    } else if (is_same_name(name, "connection")) {
        fields.head.is_kept_alive = fields.head.is_kept_alive && !is_same_name(value, "close");
    } else if (is_same_name(name, "content-type")) {
        fields.head.content_type = trimmed(value.substr(0, value.find(';')));
        std::ranges::transform(fields.head.content_type, fields.head.content_type.begin(), lower);
    } else if (is_same_name(name, "retry-after")) {
        constexpr std::int64_t kDay = 86'400;
        fields.head.retry_after = std::chrono::seconds(parse_number(value, kDay).value_or(0));
    }
    return true;
}

bool has_no_body(int status)
{
    return status == 204 || status == 304; // RFC 9112 §6.3
}

} // namespace

Result<std::optional<AnswerHead>> parse_answer_head(std::string_view received,
                                                    std::size_t body_bytes_max)
{
    constexpr std::string_view kEnd = "\r\n\r\n";
    const auto end = received.substr(0, kHeadBytesMax).find(kEnd);
    if (end == std::string_view::npos) {
        if (received.size() >= kHeadBytesMax) {
            return malformed("The answer's head is too long.");
        }
        return std::optional<AnswerHead>{};
    }
    auto rest = received.substr(0, end + 2);
    Fields fields;
    const auto status_line = take_line(rest);
    const auto status = status_line ? parse_status(*status_line) : std::nullopt;
    if (!status) {
        return malformed("The answer does not begin as one of HTTP/1.1.");
    }
    fields.head.is_kept_alive = status_line->starts_with("HTTP/1.1");
    while (!rest.empty()) {
        const auto line = take_line(rest);
        const auto colon = line ? line->find(':') : std::string_view::npos;
        // A folded line begins with a space, and so has no name.
        if (colon == std::string_view::npos || !is_field_name(line->substr(0, colon)) ||
            !take_field(fields, line->substr(0, colon), trimmed(line->substr(colon + 1)),
                        body_bytes_max)) {
            return malformed("A field of the answer's head is not as it should be.");
        }
    }
    if (!fields.content_length && !has_no_body(*status)) {
        return malformed("The answer does not say its length.");
    }
    fields.head.status = *status;
    fields.head.head_bytes = end + kEnd.size();
    fields.head.body_bytes = has_no_body(*status) ? 0 : *fields.content_length;
    return std::optional(std::move(fields.head));
}

} // namespace keystead::agent
