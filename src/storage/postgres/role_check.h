// storage/postgres/role_check.h
//
// What the role that Keystead signs in to PostgreSQL with may do beyond its own tables, and how it
// proves itself: for `keystead doctor`.
#pragma once

#include "core/clock.h"
#include "core/result.h"

#include <optional>
#include <string>
#include <vector>

namespace keystead::storage {

struct DatabaseRole {
    std::string name;
    /// As ALTER ROLE and GRANT name them: "SUPERUSER", "pg_execute_server_program". Keystead needs
    /// none of them.
    std::vector<std::string> excess;
    bool owns_tables = false; // and could change what stands in the audit log
    bool used_password = false;
    std::optional<Instant> password_end; // VALID UNTIL; nothing: never
};

/// `connection` as in storage.postgres. Errors: those of parse_target() and of
/// PgConnection::open().
Result<DatabaseRole> examine_role(const std::string& connection);

} // namespace keystead::storage
