// app/restore_steps.h
//
// What must not come back with a restored database: a session, flow or link that was ended since
// the back-up, a code or time step that was used, a key that was revoked. A slice whose rows grant
// access adds a step in restore_steps.cpp; all run in one transaction, before anything is served.
#pragma once

#include "app/features.h"
#include "core/actor.h"
#include "core/result.h"
#include "features/backup/backup_archive.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::app {

struct RestoreStep {
    std::string_view name; // "sessions_ended": a member of the answer, a detail of the audit record
    std::function<Result<int>(WriteTx&, const Actor&)> run; // how many rows it concerned
};

/// End what can be ended; suspend what its owner or an operator has to confirm.
std::vector<RestoreStep> restore_steps(Features& features);

/// Runs them, tells those concerned, records the restore and takes the mark of the unfinished
/// restore away. Answers JSON.
Result<std::string> finish_restore(Features& features, const backup::ArchiveHead& head);

} // namespace keystead::app
