// agent/words.h
//
// Text from outside taken apart: lines that end with a line feed, words between single spaces,
// numbers in their shortest form.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace keystead::agent {

class LineReader {
public:
    explicit LineReader(std::string_view text) : rest_(text) {}
    bool is_done() const { return rest_.empty(); }
    /// Without its line feed; nothing when the last line has none.
    std::optional<std::string_view> next()
    {
        const auto end = rest_.find('\n');
        if (end == std::string_view::npos) {
            rest_ = {};
            return std::nullopt;
        }
        const auto line = rest_.substr(0, end);
        rest_ = rest_.substr(end + 1);
        return line;
    }

private:
    std::string_view rest_;
};

/// Two spaces in a row have an empty word between them.
inline std::vector<std::string_view> split_words(std::string_view line)
{
    std::vector<std::string_view> words;
    for (std::size_t at = 0;; ++at) {
        const auto end = std::min(line.find(' ', at), line.size());
        words.push_back(line.substr(at, end - at));
        if (end == line.size()) {
            return words;
        }
        at = end;
    }
}

inline bool is_printable(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

/// What ids and tokens of Keystead are made of; 1 to 200 of it.
inline bool is_token_text(std::string_view text)
{
    constexpr std::size_t kBytesMax = 200;
    return !text.empty() && text.size() <= kBytesMax && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
}

/// Digits alone, no leading zero, at most `most`.
inline std::optional<std::int64_t> parse_number(std::string_view text, std::int64_t most)
{
    std::int64_t value = 0;
    const char* const end = text.data() + text.size();
    if (text.empty() || text.front() == '-' || (text.size() > 1 && text.front() == '0')) {
        return std::nullopt;
    }
    const auto parsed = std::from_chars(text.data(), end, value);
    return parsed.ec == std::errc{} && parsed.ptr == end && value <= most ? std::optional(value)
                                                                          : std::nullopt;
}

} // namespace keystead::agent
