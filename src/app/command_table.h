// app/command_table.h
//
// Commands of an operator at this machine, by name ("account create"): the same functions whether
// they arrive by the control socket of a running server or the command line opens the database
// itself. Arguments and answer are JSON.
#pragma once

#include "core/json.h"
#include "core/result.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::app {

/// Answers JSON text. Members it does not know are for it to ignore: app/verbs.cpp has checked
/// them.
using CommandHandler = std::function<Result<std::string>(const JsonValue& arguments)>;

class CommandTable {
public:
    /// Breaks an invariant when the name is taken.
    void add(std::string name, CommandHandler command)
    {
        const bool added = commands_.emplace(std::move(name), std::move(command)).second;
        KS_ASSERT(added);
    }
    /// Errors: command/unknown (NotFound), and those of the command.
    Result<std::string> run(std::string_view name, const JsonValue& arguments) const
    {
        const auto found = commands_.find(name);
        if (found == commands_.end()) {
            return Error{ErrorKind::NotFound, "command/unknown",
                         "This server does not know that command."};
        }
        return found->second(arguments);
    }

private:
    std::map<std::string, CommandHandler, std::less<>> commands_;
};

/// The text argument of that name, or empty.
inline std::string_view text_argument(const JsonValue& arguments, std::string_view name)
{
    const JsonValue* const value = arguments.find(name);
    return value != nullptr && value->kind() == JsonValue::Kind::String ? value->string()
                                                                        : std::string_view{};
}

/// The words of a text argument with commas between them.
inline std::vector<std::string_view> list_argument(const JsonValue& arguments,
                                                   std::string_view name)
{
    std::vector<std::string_view> words;
    std::string_view text = text_argument(arguments, name);
    while (!text.empty()) {
        words.push_back(text.substr(0, text.find(',')));
        text.remove_prefix(std::min(words.back().size() + 1, text.size()));
    }
    return words;
}

/// Whether the flag of that name was given.
inline bool flag_argument(const JsonValue& arguments, std::string_view name)
{
    const JsonValue* const value = arguments.find(name);
    return value != nullptr && value->kind() == JsonValue::Kind::Boolean && value->boolean();
}

} // namespace keystead::app
