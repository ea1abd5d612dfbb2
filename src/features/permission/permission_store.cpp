#include "features/permission/permission_store.h"

namespace keystead::permission {

Result<std::vector<std::pair<std::string, Permission>>> PermissionStore::list(ReadTx& tx)
{
    KS_TRY(const auto rows, tx.query("SELECT name, number FROM permission ORDER BY number"));
    std::vector<std::pair<std::string, Permission>> list;
    for (const Row& row : rows) {
        list.emplace_back(row.text(0), static_cast<Permission>(row.integer(1)));
    }
    return list;
}

Result<void> PermissionStore::insert(WriteTx& tx, std::string_view name, Permission number)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("INSERT INTO permission (number, name) VALUES ($1, $2)", number, name));
    return {};
}

} // namespace keystead::permission
