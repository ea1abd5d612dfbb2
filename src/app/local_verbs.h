// app/local_verbs.h
//
// The verbs that need no running server, and commands when none runs.
#pragma once

#include "app/command_line.h"
#include "app/command_table.h"
#include "app/settings_loader.h"
#include "core/function_ref.h"
#include "core/json.h"
#include "core/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace keystead::app {

struct LocalContext {
    Environment environment;
    LoadedSettings loaded = {};
};

/// What a verb prints that depends on the build alone ("completion bash", "config reference", …);
/// nothing for others.
std::optional<std::string> fixed_text(std::string_view verb);
/// Prints by itself; answers the exit status.
Result<ExitStatus> run_local_verb(const LocalContext& context, const Invocation& invocation);
/// Opens the database of this data folder for `use`. Errors: storage/locked when a server holds
/// it; those of `use`.
Result<void> with_commands_here(const LocalContext& context,
                                function_ref<Result<void>(const CommandTable& commands)> use);
/// Runs one command with the database of this data folder. Errors: as above.
Result<std::string> run_command_here(const LocalContext& context, std::string_view command,
                                     const JsonValue& arguments);

} // namespace keystead::app
