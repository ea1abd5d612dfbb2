// app/command_line.h
//
// From argv to what was asked for. The only user of CLI11; the verbs themselves are declared in
// verbs.cpp.
#pragma once

#include "app/verbs.h"
#include "core/result.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace keystead::app {

enum class OutputFormat : std::uint8_t { Text, Json };

struct Invocation {
    const Verb* verb = nullptr; // null: only `message` is to be shown (help, version)
    std::string message;
    std::string config_path;
    std::string preset;
    OutputFormat output = OutputFormat::Text;
    std::map<std::string, std::string, std::less<>>
        texts;                                // options with a value, by name ("--email")
    std::set<std::string, std::less<>> flags; // flags that were given, StandardInput ones too
};

/// Errors: command-line/wrong-usage (InvalidInput), with the help that fits.
Result<Invocation> parse_command_line(int argc, const char* const* argv);

} // namespace keystead::app
