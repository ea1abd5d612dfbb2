// app/serve.h
//
// The life of a server process: settings, keys, database, features, HTTP, jobs; until SIGTERM or
// SIGINT. SIGHUP reads the certificate again. Tells systemd when it is ready, stopping and alive.
#pragma once

#include "app/log_start.h"
#include "app/settings_loader.h"
#include "app/verbs.h"
#include "core/result.h"

namespace keystead::app {

Result<ExitStatus> serve(const LoadedSettings& loaded, const Environment& environment,
                         RollbackPolicy rollback);

} // namespace keystead::app
