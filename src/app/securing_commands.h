// app/securing_commands.h
//
// account secure: freezes compromised accounts, one or a list.
#pragma once

#include "app/command_table.h"
#include "app/features.h"

namespace keystead::app {

void add_securing_commands(CommandTable& table, Features& features);

} // namespace keystead::app
