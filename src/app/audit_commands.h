// app/audit_commands.h
//
// The commands of an operator at this machine that concern the audit log. Their names and options
// are declared in verbs.cpp.
#pragma once

#include "app/command_table.h"
#include "app/features.h"

namespace keystead::app {

void add_audit_commands(CommandTable& table, Features& features);

} // namespace keystead::app
