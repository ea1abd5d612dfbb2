// features/audit_search/filter_service.h
//
// A filter out of words, as the API and the command line give them. Addresses of accounts are
// looked up; what nothing is called is refused, so that a slip of the pen does not look like an
// empty log.
#pragma once

#include "core/function_ref.h"
#include "core/result.h"
#include "features/account/account_service.h"
#include "features/audit/audit_reader_service.h"
#include "features/audit_search/search_term.h"
#include "storage/database.h"

#include <array>
#include <optional>
#include <string_view>

namespace keystead::audit_search {

/// What a filter is made of, by name; times are RFC 3339.
inline constexpr std::array<std::string_view, 9> kFilterNames{
    "actor", "account", "action", "target", "ip", "outcome", "text", "from", "before"};

class FilterService {
public:
    using Lookup = function_ref<std::optional<std::string_view>(std::string_view name)>;

    FilterService(const audit::AuditReader& reader, account::AccountService& accounts)
        : reader_(reader), accounts_(accounts)
    {
    }
    /// Errors: audit-search/bad-filter (InvalidInput), and those of the statements.
    Result<Filter> parse(ReadTx& tx, Lookup lookup) const;

private:
    Result<std::optional<AccountId>> find_account(ReadTx& tx, std::string_view text) const;
    Result<ActorFilter> parse_actor_or_address(ReadTx& tx, std::string_view text) const;

    const audit::AuditReader& reader_;
    account::AccountService& accounts_;
};

} // namespace keystead::audit_search
