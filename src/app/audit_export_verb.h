// app/audit_export_verb.h
//
// `keystead audit export`: asks for the file piece by piece, of the running server or of the
// database here, and prints it.
#pragma once

#include "app/command_line.h"
#include "app/command_table.h"
#include "app/features.h"
#include "app/local_verbs.h"
#include "core/json.h"
#include "core/result.h"

#include <string>

namespace keystead::app {

/// "audit export", which answers {"text": a piece, "next": what to ask for with "position", or
/// null}, and "audit retention". `features` outlives `table`.
void add_audit_file_commands(CommandTable& table, Features& features);

/// Prints the whole file on standard output. Errors: those of the command;
/// control/output (Unavailable) when nobody reads any more.
Result<ExitStatus> run_audit_export(const LocalContext& context, const Invocation& invocation);

} // namespace keystead::app
