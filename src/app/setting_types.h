// app/setting_types.h
//
// What kinds of value a setting can have: how each is read, checked and shown. Used by
// setting_keys.cpp alone.
#pragma once

#include "app/setting_keys.h"

#include <algorithm>
#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace keystead::app {

using std::chrono::seconds;

/// "14d", "30m"; nothing for anything else. A bare number is refused: nobody should guess its unit.
std::optional<seconds> parse_duration(std::string_view text);
/// The shortest such text: "14d", not "1209600s".
std::string duration_text(seconds duration);
/// A TOML basic string.
std::string quoted(std::string_view text);
std::optional<std::int64_t> integer_of(const SettingValue& value);
std::optional<bool> flag_of(const SettingValue& value);
const std::string* text_of(const SettingValue& value);
/// Items of a TOML array, or of a text with commas between them.
std::vector<std::string> list_of(const SettingValue& value);
/// Empty when it may stand in a setting: at most 4096 bytes of UTF-8 without control characters.
std::string text_fault(std::string_view text);
/// A plain address: one that cannot become another header or a second recipient.
bool is_mail_address(std::string_view address);

template <class Member>
SettingKey number_key(std::string_view name, Member member, std::int64_t least, std::int64_t most,
                      std::string_view words)
{
    SettingKey key{name,  "integer, " + std::to_string(least) + " to " + std::to_string(most),
                   words, {},
                   {},    {}};
    key.apply = [member, least, most](Settings& settings,
                                      const SettingValue& value) -> std::string {
        const auto number = integer_of(value);
        if (!number || *number < least || *number > most) {
            return "must be a whole number from " + std::to_string(least) + " to " +
                   std::to_string(most);
        }
        auto& place = member(settings);
        place = static_cast<std::remove_cvref_t<decltype(place)>>(*number);
        return {};
    };
    key.show = [member](const Settings& settings) { return std::to_string(member(settings)); };
    return key;
}

template <class Member>
SettingKey flag_key(std::string_view name, Member member, std::string_view words)
{
    SettingKey key{name, "true or false", words, {}, {}, {}};
    key.apply = [member](Settings& settings, const SettingValue& value) -> std::string {
        const auto flag = flag_of(value);
        if (!flag) {
            return "must be true or false";
        }
        member(settings) = *flag;
        return {};
    };
    key.show = [member](const Settings& settings) -> std::string {
        return member(settings) ? "true" : "false";
    };
    return key;
}

template <class Member>
SettingKey text_key(std::string_view name, Member member, std::string_view words,
                    Sensitivity sensitivity = Sensitivity::Plain)
{
    SettingKey key{name, "text", words, sensitivity, {}, {}};
    key.apply = [member](Settings& settings, const SettingValue& value) -> std::string {
        const std::string* const text = text_of(value);
        if (text == nullptr) {
            return "must be text";
        }
        if (std::string fault = text_fault(*text); !fault.empty()) {
            return fault;
        }
        member(settings) = *text;
        return {};
    };
    key.show = [member](const Settings& settings) { return quoted(member(settings)); };
    return key;
}

/// Bounds of a duration.
struct Span {
    seconds least;
    seconds most;
    std::string text() const { return duration_text(least) + " to " + duration_text(most); }
    bool has(seconds duration) const { return duration >= least && duration <= most; }
};

template <class Member>
SettingKey duration_key(std::string_view name, Member member, Span span, std::string_view words)
{
    SettingKey key{name, "duration, " + span.text(), words, {}, {}, {}};
    key.apply = [member, span](Settings& settings, const SettingValue& value) -> std::string {
        const std::string* const text = text_of(value);
        const auto duration = text != nullptr ? parse_duration(*text) : std::nullopt;
        if (!duration || !span.has(*duration)) {
            return "must be a duration like \"30m\" or \"14d\", from " + span.text();
        }
        auto& place = member(settings);
        place = std::chrono::duration_cast<std::remove_cvref_t<decltype(place)>>(*duration);
        return {};
    };
    key.show = [member](const Settings& settings) {
        return quoted(duration_text(std::chrono::duration_cast<seconds>(member(settings))));
    };
    return key;
}

template <class Member>
SettingKey optional_duration_key(std::string_view name, Member member, Span span,
                                 std::string_view words)
{
    SettingKey key{name, "duration or \"none\", " + span.text(), words, {}, {}, {}};
    key.apply = [member, span](Settings& settings, const SettingValue& value) -> std::string {
        const std::string* const text = text_of(value);
        if (text != nullptr && *text == "none") {
            member(settings).reset();
            return {};
        }
        const auto duration = text != nullptr ? parse_duration(*text) : std::nullopt;
        if (!duration || !span.has(*duration)) {
            return "must be \"none\" or a duration like \"30m\" or \"14d\", from " + span.text();
        }
        member(settings) = *duration;
        return {};
    };
    key.show = [member](const Settings& settings) {
        const auto& duration = member(settings);
        return quoted(duration ? duration_text(*duration) : "none");
    };
    return key;
}

template <class Enum> using Choices = std::vector<std::pair<std::string_view, Enum>>;

template <class Enum, class Member>
SettingKey choice_key(std::string_view name, Member member, Choices<Enum> choices,
                      std::string_view words)
{
    std::string listed;
    for (const auto& choice : choices) {
        listed += (listed.empty() ? "" : ", ") + quoted(choice.first);
    }
    SettingKey key{name, "one of " + listed, words, {}, {}, {}};
    key.apply = [member, choices, listed](Settings& settings,
                                          const SettingValue& value) -> std::string {
        const std::string* const text = text_of(value);
        for (const auto& choice : choices) {
            if (text != nullptr && choice.first == *text) {
                member(settings) = choice.second;
                return {};
            }
        }
        return "must be one of " + listed;
    };
    key.show = [member, choices](const Settings& settings) {
        const auto found = std::ranges::find(choices, member(settings),
                                             &std::pair<std::string_view, Enum>::second);
        KS_ASSERT(found != choices.end());
        return quoted(found->first);
    };
    return key;
}

template <class Member>
SettingKey ranges_key(std::string_view name, Member member, std::string_view words)
{
    SettingKey key{name, "list of addresses and ranges", words, {}, {}, {}};
    key.apply = [member](Settings& settings, const SettingValue& value) -> std::string {
        std::vector<IpRange> ranges;
        for (const auto& item : list_of(value)) {
            const auto range = IpRange::parse(item);
            if (!range) {
                return quoted(item) + " is no address or range";
            }
            ranges.push_back(*range);
        }
        member(settings) = std::move(ranges);
        return {};
    };
    key.show = [member](const Settings& settings) {
        std::string out;
        for (const auto& range : member(settings)) {
            out += (out.empty() ? "" : ", ") + quoted(range.text());
        }
        return "[" + out + "]";
    };
    return key;
}

/// Host names in lower case; `name_fault` says what a name must look like, empty when it does.
std::string name_fault(std::string_view name);

/// A list of texts, each of which `fault_of` finds nothing wrong with: it answers what, or nothing.
template <class Member, class FaultOf>
SettingKey texts_key(std::string_view name, std::string type, Member member, FaultOf fault_of,
                     std::string_view words)
{
    SettingKey key{name, std::move(type), words, {}, {}, {}};
    key.apply = [member, fault_of](Settings& settings, const SettingValue& value) -> std::string {
        std::vector<std::string> items = list_of(value);
        for (const auto& item : items) {
            if (const std::string fault{fault_of(item)}; !fault.empty()) {
                return quoted(item) + " " + fault;
            }
        }
        member(settings) = std::move(items);
        return {};
    };
    key.show = [member](const Settings& settings) {
        std::string out;
        for (const auto& item : member(settings)) {
            out += (out.empty() ? "" : ", ") + quoted(item);
        }
        return "[" + out + "]";
    };
    return key;
}

template <class Member>
SettingKey names_key(std::string_view name, Member member, std::string_view words)
{
    return texts_key(name, "list of host names or addresses", member, name_fault, words);
}

} // namespace keystead::app
