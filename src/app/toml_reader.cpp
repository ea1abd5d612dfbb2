#include "app/toml_reader.h"

#include <algorithm>
#include <optional>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace keystead::app {
namespace {

Error invalid(std::string detail)
{
    return Error{ErrorKind::InvalidInput, "settings/invalid", std::move(detail)};
}

std::string line_of(const toml::source_region& region)
{
    return "line " + std::to_string(region.begin.line);
}

std::optional<SettingValue> value_of(const toml::node& node)
{
    if (const auto* flag = node.as_boolean()) {
        return flag->get();
    }
    if (const auto* number = node.as_integer()) {
        return number->get();
    }
    if (const auto* text = node.as_string()) {
        return text->get();
    }
    if (const auto* array = node.as_array()) {
        std::vector<std::string> items;
        for (const auto& item : *array) {
            const auto* text = item.as_string();
            if (text == nullptr) {
                return std::nullopt;
            }
            items.push_back(text->get());
        }
        return items;
    }
    return std::nullopt;
}

/// The number of the first line that opens a section and does not go on with a name; 0: there is
/// none. toml++ 3.3 takes it for granted that a name follows, and does anything at all where none
/// does.
int line_of_nameless_section(std::string_view text)
{
    const auto skip = [&text](std::string_view skipped) {
        text.remove_prefix(std::min(text.find_first_not_of(skipped), text.size()));
    };
    const auto begins_name = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '"' || c == '\'';
    };
    for (int line = 1; !text.empty(); ++line) {
        skip(" \t");
        if (text.starts_with('[')) {
            skip("[ \t");
            if (text.empty() || !begins_name(text.front())) {
                return line;
            }
        }
        const std::size_t end = text.find('\n');
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return 0;
}

} // namespace

Result<std::vector<std::pair<std::string, SettingValue>>> read_toml(std::string_view text)
{
    if (const int line = line_of_nameless_section(text); line != 0) {
        return invalid("line " + std::to_string(line) + ": a section without a name");
    }
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) {
        return invalid(line_of(parsed.error().source()) + ": " +
                       std::string(parsed.error().description()));
    }
    std::vector<std::pair<std::string, SettingValue>> values;
    for (const auto& [section, node] : parsed.table()) {
        const auto* table = node.as_table();
        if (table == nullptr) {
            return invalid(line_of(node.source()) + ": \"" + std::string(section.str()) +
                           "\" stands in no section");
        }
        for (const auto& [key, item] : *table) {
            auto value = value_of(item);
            const std::string name = std::string(section.str()) + "." + std::string(key.str());
            if (!value) {
                return invalid(line_of(item.source()) + ": \"" + name +
                               "\" is of a kind that no setting has");
            }
            values.emplace_back(name, std::move(*value));
        }
    }
    return values;
}

} // namespace keystead::app
