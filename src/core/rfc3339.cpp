// Times as text: the part of core/encoding.h that RFC 3339 governs.
#include "core/encoding.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace keystead {
namespace {

/// The number of `count` digits at the start of `text`, which then loses them.
std::optional<int> take_digits(std::string_view& text, std::size_t count)
{
    if (text.size() < count ||
        !std::ranges::all_of(text.substr(0, count), [](char c) { return c >= '0' && c <= '9'; })) {
        return std::nullopt;
    }
    int value = 0;
    std::from_chars(text.data(), text.data() + count, value);
    text.remove_prefix(count);
    return value;
}

bool take_char(std::string_view& text, char expected)
{
    if (text.empty() || text.front() != expected) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

/// Three numbers with `separator` between them: a date or a time of day.
std::optional<std::array<int, 3>> take_triple(std::string_view& text, std::size_t first_width,
                                              char separator)
{
    const auto a = take_digits(text, first_width);
    if (!a || !take_char(text, separator)) {
        return std::nullopt;
    }
    const auto b = take_digits(text, 2);
    if (!b || !take_char(text, separator)) {
        return std::nullopt;
    }
    const auto c = take_digits(text, 2);
    if (!c) {
        return std::nullopt;
    }
    return std::array{*a, *b, *c};
}

/// ".5" or up to ".123456" as microseconds; nothing there is zero.
std::optional<int> take_fraction(std::string_view& text)
{
    if (!take_char(text, '.')) {
        return 0;
    }
    const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    if (count < 1 || count > 6) {
        return std::nullopt;
    }
    int micros = *take_digits(text, count);
    for (std::size_t i = count; i < 6; ++i) {
        micros *= 10;
    }
    return micros;
}

void append_padded(std::string& out, int value, int width)
{
    const std::string digits = std::to_string(value);
    out.append(static_cast<std::size_t>(std::max(0, width - static_cast<int>(digits.size()))), '0');
    out += digits;
}

} // namespace

std::string rfc3339(Instant instant)
{
    const auto day = std::chrono::floor<std::chrono::days>(instant);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{instant - day};
    std::string out;
    out.reserve(27);
    append_padded(out, static_cast<int>(date.year()), 4);
    out.push_back('-');
    append_padded(out, static_cast<int>(static_cast<unsigned>(date.month())), 2);
    out.push_back('-');
    append_padded(out, static_cast<int>(static_cast<unsigned>(date.day())), 2);
    out.push_back('T');
    append_padded(out, static_cast<int>(time.hours().count()), 2);
    out.push_back(':');
    append_padded(out, static_cast<int>(time.minutes().count()), 2);
    out.push_back(':');
    append_padded(out, static_cast<int>(time.seconds().count()), 2);
    out.push_back('.');
    append_padded(out, static_cast<int>(time.subseconds().count()), 6);
    out.push_back('Z');
    return out;
}

std::optional<Instant> parse_rfc3339(std::string_view text)
{
    const auto date = take_triple(text, 4, '-');
    if (!date || !take_char(text, 'T')) {
        return std::nullopt;
    }
    const auto time = take_triple(text, 2, ':');
    const auto micros = time ? take_fraction(text) : std::nullopt;
    if (!micros || text != "Z") {
        return std::nullopt;
    }
    const std::chrono::year_month_day day{std::chrono::year{(*date)[0]},
                                          std::chrono::month{static_cast<unsigned>((*date)[1])},
                                          std::chrono::day{static_cast<unsigned>((*date)[2])}};
    if (!day.ok() || (*time)[0] > 23 || (*time)[1] > 59 || (*time)[2] > 59) {
        return std::nullopt;
    }
    return std::chrono::sys_days{day} + std::chrono::hours{(*time)[0]} +
           std::chrono::minutes{(*time)[1]} + std::chrono::seconds{(*time)[2]} +
           std::chrono::microseconds{*micros};
}

} // namespace keystead
