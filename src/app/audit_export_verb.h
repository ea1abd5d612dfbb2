// app/audit_export_verb.h
//
// `keystead audit export`: asks for the file piece by piece, of the running server or of the
// database here, and prints it.
#pragma once

#include "app/command_line.h"
#include "app/local_verbs.h"
#include "core/result.h"

namespace keystead::app {

/// Prints the whole file on standard output. Errors: those of the command;
/// control/output (Unavailable) when nobody reads any more.
Result<ExitStatus> run_audit_export(const LocalContext& context, const Invocation& invocation);

} // namespace keystead::app
