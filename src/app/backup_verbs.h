// app/backup_verbs.h
//
// `keystead backup`, `backup verify` and `restore`, and the back-up that `migrate` makes before it
// begins. They read the database themselves, beside a running server; what they did is recorded by
// the server if one runs.
#pragma once

#include "app/local_verbs.h"
#include "core/result.h"

#include <string>

namespace keystead::app {

/// Each answers JSON.
Result<std::string> back_up(const LocalContext& context, const std::string& path);
Result<std::string> verify_backup(const LocalContext& context, const std::string& path);
Result<std::string> restore_backup(const LocalContext& context, const std::string& path);
/// Before a migration, into the data folder; answers the JSON of the record to be made afterwards,
/// or nothing when the schema is that of this build already or there is no database.
Result<std::string> back_up_before_migration(const LocalContext& context);

} // namespace keystead::app
