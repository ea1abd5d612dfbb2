// features/permission/permission_store.h
//
// The SQL of permissions, one method a statement.
#pragma once

#include "core/permission.h"
#include "core/result.h"
#include "storage/database.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keystead::permission {

struct PermissionStore {
    Result<std::vector<std::pair<std::string, Permission>>> list(ReadTx& tx);
    Result<void> insert(WriteTx& tx, std::string_view name, Permission number);
};

} // namespace keystead::permission
