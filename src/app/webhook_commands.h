// app/webhook_commands.h
//
// The operator's commands for webhooks of the instance, which hear of every account (ADR 0027).
#pragma once

#include "app/command_table.h"
#include "app/features.h"

namespace keystead::app {

void add_webhook_commands(CommandTable& table, Features& features);

} // namespace keystead::app
