#include "storage/postgres/grants.h"

#include "storage/postgres/connection.h"

#include <array>
#include <string_view>
#include <vector>

namespace keystead::storage {
namespace {

struct Rights {
    std::string_view table;
    std::string_view rights;
};

constexpr std::string_view kEverywhereElse = "SELECT, INSERT, UPDATE, DELETE";

/// Evidence: an event comes without a number, gets it once (0038_audit_kept) and nothing else of it
/// changes; of the tree and the origins nothing goes. What erasure takes away is audit_value;
/// retention raises audit_kept, which takes the oldest events.
constexpr std::array kRights{
    Rights{"audit_event",
           "SELECT, INSERT (id, at, actor_kind, actor_id, account_id, action, outcome, "
           "target_kind, target_id, nonce, canonical), UPDATE (leaf_index)"},
    Rights{"audit_value", "SELECT, INSERT, DELETE"},
    Rights{"audit_tile", "SELECT, INSERT, UPDATE"},
    Rights{"audit_tree", "SELECT, INSERT, UPDATE"},
    Rights{"audit_kept", "SELECT, INSERT, UPDATE"},
    Rights{"audit_origin", "SELECT, INSERT"},
    Rights{"schema_migration", "SELECT"},
};

std::string_view rights_on(std::string_view table)
{
    for (const Rights& one : kRights) {
        if (one.table == table) {
            return one.rights;
        }
    }
    return kEverywhereElse;
}

/// Names as SQL writes them.
struct QuotedNames {
    std::string database;
    std::string schema;
    struct Table {
        std::string name;
        std::string quoted;
    };
    std::vector<Table> tables;
};

Result<QuotedNames> list_own(PgConnection& connection)
{
    KS_TRY(const auto place,
           connection.run("SELECT quote_ident(current_database()), quote_ident(current_schema())",
                          {}));
    KS_TRY(const auto tables,
           connection.run("SELECT CAST(tablename AS TEXT), quote_ident(tablename) FROM pg_tables "
                          "WHERE schemaname = current_schema() AND tableowner = current_user",
                          {}));
    QuotedNames names{.database = place.rows[0].text(0), .schema = place.rows[0].text(1)};
    for (const Row& row : tables.rows) {
        names.tables.push_back({row.text(0), row.text(1)});
    }
    return names;
}

/// Quoted: `role`, or those that were given this before: nobody else numbers events. Who may only
/// read stays a reader.
Result<std::vector<std::string>> find_roles(PgConnection& connection, const std::string& role)
{
    const SqlParam named[] = {role};
    KS_TRY(const auto found,
           role.empty()
               ? connection.run("SELECT DISTINCT quote_ident(grantee) FROM "
                                "information_schema.role_column_grants WHERE table_schema = "
                                "current_schema() AND table_name = 'audit_event' AND column_name = "
                                "'leaf_index' AND privilege_type = 'UPDATE' AND grantee NOT IN "
                                "(current_user, 'PUBLIC') AND grantor = current_user",
                                {})
               : connection.run("SELECT quote_ident(rolname), pg_has_role(oid, (SELECT relowner "
                                "FROM pg_class WHERE oid = to_regclass('schema_migration')), "
                                "'MEMBER') FROM pg_roles WHERE rolname = $1",
                                named));
    if (!role.empty() && found.rows.empty()) {
        return Error{ErrorKind::NotFound, "storage/no-role",
                     "PostgreSQL has no role of this name: CREATE ROLE makes it."};
    }
    std::vector<std::string> roles;
    for (const Row& row : found.rows) {
        if (!role.empty() && row.flag(1)) {
            return Error{ErrorKind::Conflict, "storage/owning-role",
                         "This role owns the tables, or may act as who does: name another one."};
        }
        roles.push_back(row.text(0));
    }
    return roles;
}

std::string statements_for(const QuotedNames& names, const std::string& role)
{
    // A temporary table of its own could stand in for one of ours.
    std::string sql =
        "REVOKE TEMPORARY ON DATABASE " + names.database + " FROM PUBLIC, " + role + "; ";
    sql += "GRANT CONNECT ON DATABASE " + names.database + " TO " + role + "; ";
    sql += "GRANT USAGE ON SCHEMA " + names.schema + " TO " + role + "; ";
    for (const auto& table : names.tables) {
        sql += "REVOKE ALL ON " + table.quoted + " FROM " + role + "; ";
        sql += "GRANT ";
        sql += rights_on(table.name);
        sql += " ON " + table.quoted + " TO " + role + "; ";
    }
    return sql;
}

} // namespace

Result<void> check_may_change_schema(PgConnection& connection)
{
    KS_TRY(const auto may,
           connection.run("SELECT has_schema_privilege(current_schema(), 'CREATE')", {}));
    if (!may.rows[0].flag(0)) {
        return Error{ErrorKind::Conflict, "storage/schema-behind",
                     "The schema is not that of this build, and this role may not change it: run "
                     "`keystead migrate` or `restore` as the role that owns the tables."};
    }
    return {};
}

Result<void> grant_to_server(const std::string& connection, const std::string& role)
{
    KS_TRY(const Target target, parse_target(connection));
    KS_TRY(const auto open, PgConnection::open(target));
    KS_TRY(const QuotedNames names, list_own(*open));
    KS_TRY(const auto roles, find_roles(*open, role));
    std::string sql = "BEGIN; ";
    for (const std::string& one : roles) {
        sql += statements_for(names, one);
    }
    sql += "COMMIT";
    KS_TRY([[maybe_unused]] const auto done, open->control(sql.c_str()));
    return {};
}

} // namespace keystead::storage
