// storage/postgres/grants.h
//
// Two roles on PostgreSQL: one owns the tables and changes the schema (`keystead migrate`), the
// server signs in as another that can do neither, and that can add to the audit log and not change
// what stands in it.
#pragma once

#include "core/result.h"

#include <string>

namespace keystead::storage {

class PgConnection;

/// Errors: storage/schema-behind (Conflict): the role may make no tables here.
Result<void> check_may_change_schema(PgConnection& connection);

/// Signs in as the tables' owner and gives `role` what the server needs of every table, and no
/// more; an empty `role`: to each that was given it before, since a migration may have made tables.
/// Errors: storage/no-role (NotFound), storage/owning-role (Conflict), and those of parse_target()
/// and PgConnection::open().
Result<void> grant_to_server(const std::string& connection, const std::string& role);

} // namespace keystead::storage
