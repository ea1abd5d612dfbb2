// app/set_back.h
//
// What happens when the machine's clock is found far behind what the server has seen: everything
// that was over by then is ended for good, what carries a time that is now in the future is put
// right, and only then time goes back. Run by the time job.
#pragma once

#include "app/features.h"
#include "core/result.h"

namespace keystead::app {

/// Remembers the time for the next start.
Result<void> remember_time(Features& features);
/// Remembers the time now and then, and settles a clock that was set back far.
Result<void> keep_time(Features& features);

} // namespace keystead::app
