#include "app/toml_reader.h"

#include "app/toml_scan.h"

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

} // namespace

Result<std::vector<std::pair<std::string, SettingValue>>> read_toml(std::string_view text)
{
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text.starts_with(kByteOrderMark)) {
        text.remove_prefix(kByteOrderMark.size());
    }
    if (auto fault = find_toml_fault(text)) {
        return invalid(std::move(*fault));
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
