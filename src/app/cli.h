// app/cli.h
//
// The program: reads the command line and does what its verb says (verbs.cpp; docs/cli.md).
#pragma once

namespace keystead::app {

/// Answers the exit status (verbs.h).
int run(int argc, const char* const* argv);

} // namespace keystead::app
