#include "storage/snapshot.h"

namespace keystead::storage {

std::string sql_name(std::string_view name)
{
    std::string out = "\"";
    for (const char c : name) {
        out.append(c == '"' ? 2 : 1, c);
    }
    return out + '"';
}

std::string column_list(const TableShape& table)
{
    std::string out;
    for (const auto& column : table.columns) {
        out.append(out.empty() ? "" : ", ").append(sql_name(column));
    }
    return out;
}

} // namespace keystead::storage
