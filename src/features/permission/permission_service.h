// features/permission/permission_service.h
//
// The product's catalogue of permissions, with the numbers that storage gave their names. Kept in
// memory from open() on and never changed afterwards: any thread may ask. Before open() nothing is
// a permission, so that nothing is allowed by mistake.
#pragma once

#include "core/permission.h"
#include "core/result.h"
#include "core/settings.h"
#include "features/audit/audit_log.h"
#include "features/permission/permission_store.h"
#include "storage/database.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::permission {

struct CatalogueEntry {
    Permission permission{};
    std::string name;
    std::string words;
};

class PermissionService {
public:
    PermissionService(PermissionStore& store, audit::AuditLog& audit,
                      const PermissionSettings& settings)
        : store_(store), audit_(audit), settings_(settings)
    {
    }

    /// Gives numbers to the names that have none yet, and keeps the catalogue. Called once, before
    /// anything is served. Errors: permission/too-many (LimitReached), those of the statements.
    Result<void> open(Database& db);

    /// The product's, in its order, then those built in.
    const std::vector<CatalogueEntry>& entries() const { return entries_; }
    std::optional<Permission> find(std::string_view name) const;
    /// Nothing when one of them is unknown.
    std::optional<PermissionSet> set_of(std::span<const std::string> names) const;
    /// In the catalogue's order.
    std::vector<std::string_view> names_of(PermissionSet set) const;
    /// The names with spaces between, as OAuth writes scopes (RFC 6749 §3.3).
    std::string scope_of(PermissionSet set) const;
    PermissionSet all() const { return all_; }
    std::optional<Permission> full_access() const { return full_access_; }
    /// What a stored set allows now: all, if it has full access; nothing that left the catalogue.
    PermissionSet effective(PermissionSet stored) const;

private:
    PermissionStore& store_;
    audit::AuditLog& audit_;
    const PermissionSettings& settings_;
    std::vector<CatalogueEntry> entries_;
    PermissionSet all_;
    std::optional<Permission> full_access_;
};

} // namespace keystead::permission
