// app/log_start.h
//
// What is asked of the audit log before anything is served: that it has a name and a key, and that
// the database is not older than the last checkpoint sent away.
#pragma once

#include "app/features.h"
#include "core/result.h"

#include <cstdint>

namespace keystead::app {

enum class RollbackPolicy : std::uint8_t {
    Refuse,
    Accept, // on record, and the log goes on under a new origin
};

/// Errors: audit/rolled-back (Conflict), audit/journal-unreadable.
Result<void> begin_log(Features& features, RollbackPolicy policy);

} // namespace keystead::app
