#include "storage/postgres/role_check.h"

#include "storage/postgres/connection.h"

#include <array>
#include <string_view>

namespace keystead::storage {
namespace {

// Roles that open the server's files or programs are a superuser's rights by another name
// (PostgreSQL 15, chapter 22.5). A superuser is a member of all of them.
constexpr std::string_view kRoleSql = R"(
SELECT CAST(rolname AS TEXT),
       CASE WHEN isfinite(rolvaliduntil)
            THEN CAST(extract(epoch FROM rolvaliduntil) * 1000000 AS BIGINT) END,
       rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls,
       NOT rolsuper AND pg_has_role(oid, 'pg_read_server_files', 'MEMBER'),
       NOT rolsuper AND pg_has_role(oid, 'pg_write_server_files', 'MEMBER'),
       NOT rolsuper AND pg_has_role(oid, 'pg_execute_server_program', 'MEMBER'),
       EXISTS (SELECT FROM pg_class WHERE pg_class.oid = to_regclass('audit_event')
               AND pg_has_role(pg_roles.oid, relowner, 'MEMBER'))
FROM pg_roles WHERE rolname = current_user)";

constexpr std::array<std::string_view, 8> kExcess{"SUPERUSER",
                                                  "CREATEDB",
                                                  "CREATEROLE",
                                                  "REPLICATION",
                                                  "BYPASSRLS",
                                                  "pg_read_server_files",
                                                  "pg_write_server_files",
                                                  "pg_execute_server_program"};

} // namespace

Result<DatabaseRole> examine_role(const std::string& connection)
{
    KS_TRY(const Target target, parse_target(connection));
    KS_TRY(const auto open, PgConnection::open(target));
    KS_TRY(const auto outcome, open->run(kRoleSql, {}));
    KS_ASSERT(outcome.rows.size() == 1); // current_user is always there.
    const auto& row = outcome.rows[0];
    DatabaseRole role{.name = row.text(0),
                      .used_password = open->used_password(),
                      .password_end = row.optional_time(1)};
    for (std::size_t index = 0; index < kExcess.size(); ++index) {
        if (row.flag(index + 2)) {
            role.excess.emplace_back(kExcess[index]);
        }
    }
    role.owns_tables = row.flag(kExcess.size() + 2);
    return role;
}

} // namespace keystead::storage
