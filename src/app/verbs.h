// app/verbs.h
//
// What can be typed after `keystead`, declared once: the parser, its help, the shell completion and
// docs/cli.md are made from it. Verbs of kind Command go to a command of the same name
// (command_table.h) with their options as JSON arguments.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::app {

enum class VerbKind : std::uint8_t {
    Local,   // needs no server: settings, keys of the build, files
    Command, // asks the running server, or opens the database when none runs
};

enum class OptionKind : std::uint8_t {
    Text,
    RequiredText,
    Flag,
    StandardInput,
    StandardInputLines, // a flag: the command is given what stands there (kFileEndBytesMax)
    File,               // the one argument without a name, needed
    FileEnd, // a file's path; the command is given what stands at its end (kFileEndBytesMax)
};
inline constexpr std::size_t kFileEndBytesMax = 64 * 1024;
inline constexpr std::string_view kFileArgument = "--file"; // the name of a File among the texts

struct VerbOption {
    std::string_view
        name; // "--email"; StandardInput: the flag by which a secret is read from standard input;
              // without dashes ("FILE"): it stands by itself, after the verb
    OptionKind kind;
    std::string_view words;
    std::string_view argument =
        {}; // its name among the JSON arguments; empty: the option's without dashes
};

struct Verb {
    std::string_view name; // "account create"
    VerbKind kind;
    std::string_view words;
    std::vector<VerbOption> options = {};
};

std::span<const Verb> verbs();
const Verb* find_verb(std::string_view name);
/// A script for bash.
std::string bash_completion();
/// docs/cli.md, whole.
std::string cli_reference();

/// Exit statuses; part of the interface.
enum class ExitStatus : std::uint8_t {
    Ok = 0,
    Failed = 1,          // something is broken, or a check of `doctor` failed
    WrongUsage = 2,      // the command line itself
    SettingsRefused = 3, // unknown key, bad value, what does not fit together
    NotFound = 4,
    Refused = 5,     // by a rule: invalid input, conflict, limit, not allowed
    Unavailable = 6, // busy, locked by another process, unreadable: try again
};

} // namespace keystead::app
