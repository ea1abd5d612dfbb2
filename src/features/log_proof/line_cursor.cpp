#include "features/log_proof/line_cursor.h"

#include <algorithm>
#include <charconv>

namespace keystead::log_proof {
namespace {

/// Printable ASCII without quote and backslash: stands in JSON as it is.
bool is_plain(std::string_view text)
{
    return std::ranges::all_of(
        text, [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

void append_utf8(std::string& out, std::uint32_t c)
{
    if (c < 0x80) {
        out.push_back(static_cast<char>(c));
    } else if (c < 0x800) {
        out.push_back(static_cast<char>(0xC0 | c >> 6));
        out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
    } else {
        out.push_back(static_cast<char>(0xE0 | c >> 12));
        out.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3F)));
        out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
    }
}

/// What append_json_string() escapes, undone; whatever else stands there does not come out as it
/// was when it is escaped again, and is found by that.
std::optional<std::string> unescape(std::string_view raw)
{
    std::string out;
    while (!raw.empty()) {
        if (raw.front() != '\\') {
            out.push_back(raw.front());
            raw.remove_prefix(1);
            continue;
        }
        if (raw.starts_with("\\n")) {
            out.push_back('\n');
        } else if (raw.starts_with("\\\"") || raw.starts_with("\\\\")) {
            out.push_back(raw[1]);
        } else {
            std::uint32_t c = 0;
            if (!raw.starts_with("\\u") || raw.size() < 6 ||
                std::from_chars(raw.data() + 2, raw.data() + 6, c, 16).ptr != raw.data() + 6) {
                return std::nullopt;
            }
            append_utf8(out, c);
            raw.remove_prefix(4);
        }
        raw.remove_prefix(2);
    }
    return out;
}

/// Where the JSON string whose opening quote is gone ends: the place of its closing quote.
std::size_t closing_quote(std::string_view text)
{
    std::size_t at = 0;
    while (at < text.size() && text[at] != '"') {
        at += text[at] == '\\' ? 2 : 1;
    }
    return at < text.size() ? at : std::string_view::npos;
}

} // namespace

void LineCursor::string(std::string_view expected)
{
    if (is_plain(expected)) {
        put("\"");
        put(expected);
        put("\"");
        return;
    }
    scratch_.clear();
    append_json_string(scratch_, expected);
    put(scratch_);
}

void LineCursor::value(std::size_t, const Digest& commitment)
{
    if (!skip(",\"salt\":")) {
        withheld_ += 1;
        return;
    }
    const auto salt = digest();
    const auto value = salt ? text_value() : std::nullopt;
    if (!value) {
        ok_ = false;
        return;
    }
    values_ += 1;
    false_value_ = false_value_ || audit::commit_to(*salt, *value) != commitment;
}

std::optional<std::string> LineCursor::text_value()
{
    const std::string_view before = rest_;
    std::optional<std::string> value;
    if (skip(",\"value\":\"")) {
        const std::size_t end = closing_quote(rest_);
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        const std::string_view raw = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        if (is_plain(raw)) {
            return std::string(raw);
        }
        value = unescape(raw);
    } else if (skip(",\"value_base64\":")) {
        if (const auto bytes = base64()) {
            value = std::string(as_text(*bytes));
        }
    }
    if (value) {
        scratch_.clear();
        append_value(scratch_, *value);
        if (scratch_ != before.substr(0, before.size() - rest_.size())) {
            return std::nullopt; // There is one way to write a value.
        }
    }
    return value;
}

std::optional<std::uint64_t> LineCursor::number()
{
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    const auto count = static_cast<std::size_t>(end - rest_.data());
    if (error != std::errc{} || (rest_.front() == '0' && count > 1)) {
        return std::nullopt;
    }
    rest_.remove_prefix(count);
    return number;
}

std::optional<Bytes> LineCursor::base64()
{
    const std::size_t end = rest_.starts_with('"') ? rest_.find('"', 1) : std::string_view::npos;
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    auto bytes = base64_decode(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return bytes;
}

std::optional<Digest> LineCursor::digest()
{
    const auto bytes = base64();
    if (!bytes || bytes->size() != sizeof(Digest)) {
        return std::nullopt;
    }
    Digest digest{};
    std::ranges::copy(*bytes, digest.begin());
    return digest;
}

} // namespace keystead::log_proof
