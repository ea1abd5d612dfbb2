#include "agent/verbs.h"

#include <algorithm>

namespace keystead::agent {

std::optional<std::string> Arguments::find(std::string_view name) const
{
    const auto found =
        std::ranges::find(options, name, &std::pair<std::string, std::string>::first);
    return found == options.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> Arguments::all(std::string_view name) const
{
    std::vector<std::string> values;
    for (const auto& option : options) {
        if (option.first == name) {
            values.push_back(option.second);
        }
    }
    return values;
}

std::string Arguments::value_or(std::string_view name, std::string_view preset) const
{
    return find(name).value_or(std::string(preset));
}

Result<Arguments> parse_arguments(const std::vector<std::string>& arguments,
                                  const std::vector<std::string_view>& known)
{
    Arguments parsed;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (!arguments[i].starts_with("--")) {
            parsed.words.push_back(arguments[i]);
            continue;
        }
        const std::string name = arguments[i].substr(2);
        if (std::ranges::find(known, name) == known.end() || i + 1 == arguments.size()) {
            return Error{ErrorKind::InvalidInput, "agent/arguments",
                         arguments[i] + " is no option, or has no value"};
        }
        parsed.options.emplace_back(name, arguments[++i]);
    }
    return parsed;
}

} // namespace keystead::agent
