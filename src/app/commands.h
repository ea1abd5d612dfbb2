// app/commands.h
//
// What an operator at this machine can tell a server, running or not: the functions behind the
// verbs of kind Command.
#pragma once

#include "app/command_table.h"
#include "app/features.h"

namespace keystead::app {

/// `features` outlives `table`.
void add_commands(CommandTable& table, Features& features);

} // namespace keystead::app
