// features/account_data/export_service.h
//
// The download of everything kept about oneself: one JSON object, a member a source. Each slice
// says what it keeps; this one only puts it together. Secrets, hashes and sealed values are never
// part of it.
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/json.h"
#include "core/result.h"
#include "features/account/account_service.h"
#include "features/account/notification_address_service.h"
#include "features/audit/audit_log.h"
#include "storage/database.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::account_data {

/// Writes one JSON value: what a slice keeps about the account. Bounded by the source itself.
struct DataSource {
    std::string_view name; // the member's name: "sessions"
    std::function<Result<void>(ReadTx&, AccountId, JsonWriter&)> write;
};

class ExportService {
public:
    ExportService(account::AccountService& accounts, account::NotificationAddressService& addresses,
                  std::vector<DataSource> sources, audit::AuditLog& audit, const Clock& clock)
        : accounts_(accounts), addresses_(addresses), sources_(std::move(sources)), audit_(audit),
          clock_(clock)
    {
    }

    /// The document as JSON text, and its record (account.export): reading all of it counts as a
    /// change.
    Result<std::string> make(WriteTx& tx, const Actor& actor);

private:
    account::AccountService& accounts_;
    account::NotificationAddressService& addresses_;
    std::vector<DataSource> sources_;
    audit::AuditLog& audit_;
    const Clock& clock_;
};

} // namespace keystead::account_data
