#include "app/setting_types.h"

#include "core/encoding.h"

#include <array>
#include <charconv>

namespace keystead::app {
namespace {

struct Unit {
    char letter;
    std::int64_t seconds;
};
constexpr std::array<Unit, 4> kUnits{{{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}};
constexpr std::size_t kTextBytesMax = 4096;
constexpr std::size_t kListItemsMax = 1000;

std::optional<std::int64_t> parse_integer(std::string_view text)
{
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(number)
                                                                    : std::nullopt;
}

std::string_view trimmed(std::string_view text)
{
    const std::size_t first = text.find_first_not_of(' ');
    return first == std::string_view::npos
               ? std::string_view{}
               : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

} // namespace

std::optional<seconds> parse_duration(std::string_view text)
{
    if (text.empty()) {
        return std::nullopt;
    }
    const auto unit = std::ranges::find(kUnits, text.back(), &Unit::letter);
    const auto count = parse_integer(text.substr(0, text.size() - 1));
    constexpr std::int64_t kCountMax =
        1'000'000'000; // far beyond every bound; keeps the product small
    if (unit == kUnits.end() || !count || *count < 0 || *count > kCountMax) {
        return std::nullopt;
    }
    return seconds{*count * unit->seconds};
}

std::string duration_text(seconds duration)
{
    for (const auto& unit : kUnits) {
        if (duration.count() != 0 && duration.count() % unit.seconds == 0) {
            return std::to_string(duration.count() / unit.seconds) + unit.letter;
        }
    }
    return "0s";
}

std::string quoted(std::string_view text)
{
    std::string out;
    append_json_string(out, text); // Every JSON string is a TOML basic string.
    return out;
}

std::optional<std::int64_t> integer_of(const SettingValue& value)
{
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return *number;
    }
    const std::string* const text = text_of(value);
    return text != nullptr ? parse_integer(*text) : std::nullopt;
}

std::optional<bool> flag_of(const SettingValue& value)
{
    if (const auto* flag = std::get_if<bool>(&value)) {
        return *flag;
    }
    const std::string* const text = text_of(value);
    if (text == nullptr || (*text != "true" && *text != "false")) {
        return std::nullopt;
    }
    return *text == "true";
}

const std::string* text_of(const SettingValue& value)
{
    return std::get_if<std::string>(&value);
}

std::vector<std::string> list_of(const SettingValue& value)
{
    if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
        return *list;
    }
    std::vector<std::string> items;
    const std::string* const text = text_of(value);
    std::string_view rest = text != nullptr ? std::string_view(*text)
                                            : std::string_view("?"); // no list at all: refused
    while (!trimmed(rest).empty() && items.size() < kListItemsMax) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        items.emplace_back(trimmed(rest.substr(0, comma)));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return items;
}

std::string text_fault(std::string_view text)
{
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    if (text.size() > kTextBytesMax) {
        return "is too long";
    }
    if (!is_valid_utf8(text) || std::ranges::any_of(text, is_control)) {
        return "has characters that do not belong into a setting";
    }
    return {};
}

std::string name_fault(std::string_view name)
{
    constexpr std::size_t kNameBytesMax = 253;
    const bool fine =
        !name.empty() && name.size() <= kNameBytesMax && std::ranges::all_of(name, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                   c == ':';
        });
    return fine ? "" : "is no host name in lower case, without scheme and port";
}

bool is_mail_address(std::string_view address)
{
    const std::size_t at = address.find('@');
    const auto is_plain = [](char c) {
        return c > ' ' && c < 0x7F &&
               std::string_view("<>()[],;:\\\"").find(c) == std::string_view::npos;
    };
    return at != std::string_view::npos && at > 0 && at + 1 < address.size() &&
           address.size() <= 254 && address.find('@', at + 1) == std::string_view::npos &&
           std::ranges::all_of(address, is_plain);
}

} // namespace keystead::app
