// app/host_commands.h
//
// The operator's commands for servers that follow SSH keys: `keystead host …`. What a rental is,
// the product decides; these are for one machine, and for looking.
#pragma once

#include "app/command_table.h"
#include "app/features.h"

namespace keystead::app {

void add_host_commands(CommandTable& table, Features& features);

} // namespace keystead::app
