#include "test/support/table_contents.h"

#include <libpq-fe.h>
#include <sqlite3.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string_view>

namespace keystead::test {
namespace {

using Rows = std::vector<std::vector<std::string>>;
using Ask = std::function<Rows(const std::string& sql)>;

Rows ask_sqlite(sqlite3* database, const std::string& sql)
{
    sqlite3_stmt* raw = nullptr;
    KS_ASSERT(sqlite3_prepare_v2(database, sql.c_str(), -1, &raw, nullptr) == SQLITE_OK);
    const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement(raw,
                                                                               &sqlite3_finalize);
    Rows rows;
    while (sqlite3_step(raw) == SQLITE_ROW) {
        auto& row = rows.emplace_back();
        for (int column = 0; column < sqlite3_column_count(raw); ++column) {
            const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(raw, column));
            const auto size = static_cast<std::size_t>(sqlite3_column_bytes(raw, column));
            row.emplace_back(bytes == nullptr ? std::string_view{} : std::string_view{bytes, size});
        }
    }
    return rows;
}

Rows ask_postgres(PGconn* connection, const std::string& sql)
{
    const std::unique_ptr<PGresult, decltype(&PQclear)> answer(PQexec(connection, sql.c_str()),
                                                               &PQclear);
    KS_ASSERT(PQresultStatus(answer.get()) == PGRES_TUPLES_OK);
    Rows rows;
    for (int row = 0; row < PQntuples(answer.get()); ++row) {
        auto& values = rows.emplace_back();
        for (int column = 0; column < PQnfields(answer.get()); ++column) {
            values.emplace_back(PQgetvalue(answer.get(), row, column));
        }
    }
    return rows;
}

TableContents read_with(const Ask& ask, const std::string& list_tables)
{
    TableContents contents;
    for (const auto& table : ask(list_tables)) {
        auto& rows = contents[table.front()];
        for (const auto& values : ask("SELECT * FROM " + table.front())) {
            std::string text;
            for (const auto& value : values) {
                text.append(std::to_string(value.size())).append(":").append(value).append(" ");
            }
            rows.push_back(std::move(text));
        }
        std::ranges::sort(rows);
    }
    return contents;
}

} // namespace

TableContents read_tables(const TestDatabase& database)
{
    if (!database.connection().empty()) {
        const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(
            PQconnectdb(database.connection().c_str()), &PQfinish);
        KS_ASSERT(PQstatus(connection.get()) == CONNECTION_OK);
        return read_with(
            [&](const std::string& sql) { return ask_postgres(connection.get(), sql); },
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_schema = current_schema()");
    }
    sqlite3* raw = nullptr;
    const auto file = (database.folder() / "keystead.db").string();
    KS_ASSERT(sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
    const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> connection(raw, &sqlite3_close);
    return read_with([&](const std::string& sql) { return ask_sqlite(raw, sql); },
                     "SELECT name FROM sqlite_schema WHERE type = 'table'");
}

} // namespace keystead::test
