#include "features/permission/permission_service.h"

#include <algorithm>
#include <utility>

namespace keystead::permission {
namespace {

using Numbers = std::vector<std::pair<std::string, Permission>>;

std::optional<Permission> number_of(const Numbers& numbers, std::string_view name)
{
    const auto found = std::ranges::find(numbers, name, &Numbers::value_type::first);
    return found == numbers.end() ? std::nullopt : std::optional(found->second);
}

} // namespace

Result<void> PermissionService::open(Database& db)
{
    const Actor system{.kind = ActorKind::System};
    KS_TRY(auto numbers, db.read([&](ReadTx& tx) { return store_.list(tx); }));
    const bool complete = std::ranges::all_of(settings_.catalogue, [&](const auto& one) {
        return number_of(numbers, one.name).has_value();
    });
    if (!complete) {
        KS_TRY(numbers, db.write([&](WriteTx& tx) -> Result<Numbers> {
            KS_TRY(Numbers known, store_.list(tx));
            for (const auto& one : settings_.catalogue) {
                if (number_of(known, one.name)) {
                    continue;
                }
                const auto next = known.size(); // None is ever removed.
                if (next >= kPermissionsMax) {
                    return Error{ErrorKind::LimitReached, "permission/too-many",
                                 "The catalogues so far named 63 permissions, and no number is "
                                 "used again."};
                }
                const auto number = static_cast<Permission>(next);
                KS_CHECK(store_.insert(tx, one.name, number));
                KS_CHECK(audit_.append(tx, {.actor = system,
                                            .action = "permission.register",
                                            .target = {"permission", one.name},
                                            .details = {{"number", std::to_string(next)}}}));
                known.emplace_back(one.name, number);
            }
            return known;
        }));
    }
    for (const auto& one : settings_.catalogue) {
        entries_.push_back({*number_of(numbers, one.name), one.name, one.words});
    }
    entries_.push_back({kReadAccount, std::string(kReadAccountName),
                        "Read the account here: profile, sessions, activity, API keys"});
    for (const auto& entry : entries_) {
        all_ = all_.with(entry.permission);
    }
    full_access_ = find(settings_.full_access);
    return {};
}

std::optional<Permission> PermissionService::find(std::string_view name) const
{
    const auto found = std::ranges::find(entries_, name, &CatalogueEntry::name);
    return found == entries_.end() ? std::nullopt : std::optional(found->permission);
}

std::optional<PermissionSet> PermissionService::set_of(std::span<const std::string> names) const
{
    PermissionSet set;
    for (const auto& name : names) {
        const auto permission = find(name);
        if (!permission) {
            return std::nullopt;
        }
        set = set.with(*permission);
    }
    return set;
}

std::vector<std::string_view> PermissionService::names_of(PermissionSet set) const
{
    std::vector<std::string_view> names;
    for (const auto& entry : entries_) {
        if (set.has(entry.permission)) {
            names.emplace_back(entry.name);
        }
    }
    return names;
}

std::string PermissionService::scope_of(PermissionSet set) const
{
    std::string scope;
    for (const auto& entry : entries_) {
        if (set.has(entry.permission)) {
            scope.append(scope.empty() ? "" : " ").append(entry.name);
        }
    }
    return scope;
}

PermissionSet PermissionService::effective(PermissionSet stored) const
{
    if (full_access_ && stored.has(*full_access_)) {
        return all_;
    }
    return stored.capped_by(all_);
}

} // namespace keystead::permission
