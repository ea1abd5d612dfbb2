// core/set_back.h
//
// A machine's clock that was found far behind what the server had seen (ADR 0028).
#pragma once

#include "core/clock.h"

namespace keystead {

/// What each slice gets to put its times right before time goes back: what was over at `seen` ends
/// for good, and what carries a time later than `wall` is as if it had begun then.
struct SetBack {
    Instant seen; // the latest time that anything was judged by
    Instant wall; // the machine's, from now on the server's
};

} // namespace keystead
