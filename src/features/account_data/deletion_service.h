// features/account_data/deletion_service.h
//
// Deleting one's account: asked for in a stepped-up session, told to every address, cancelled at
// will while the waiting time runs, then erased by a job. Erasure removes every personal row of
// every slice and the plain values of audit events; the events' commitments stay, so that proofs of
// the log still hold.
//
//   kept ──request──▶ waiting ──job, after the time──▶ erased
//     ▲──────cancel──────┘
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "core/settings.h"
#include "features/account/account_service.h"
#include "features/account/notices_service.h"
#include "features/audit/audit_log.h"
#include "features/link/link_service.h"
#include "features/notify/notify_service.h"
#include "storage/database.h"

#include <functional>
#include <string_view>
#include <vector>

namespace keystead::account_data {

/// Removes what a slice keeps about the account, personal values of audit events among it.
struct Eraser {
    std::string_view name; // for the log
    std::function<Result<void>(WriteTx&, AccountId)> erase;
};

class DeletionService {
public:
    DeletionService(account::AccountService& accounts, account::Notices& notices,
                    audit::AuditLog& audit, const AccountSettings& settings, const Clock& clock)
        : accounts_(accounts), notices_(notices), audit_(audit), settings_(settings), clock_(clock)
    {
    }

    /// When it will be erased. Errors: account/deletion-pending (Conflict), account/last-operator
    /// (Conflict).
    Result<Instant> request(WriteTx& tx, const Actor& actor);
    /// Errors: account/deletion-not-pending (Conflict).
    Result<void> cancel(WriteTx& tx, const Actor& actor);

private:
    account::AccountService& accounts_;
    account::Notices& notices_;
    audit::AuditLog& audit_;
    const AccountSettings& settings_;
    const Clock& clock_;
};

/// Job: erases the accounts whose waiting time is over, a transaction each. One that fails is tried
/// again next time and keeps no other from being erased.
class ErasureJob {
public:
    ErasureJob(Database& database, account::AccountService& accounts,
               account::SessionEnder& sessions, link::LinkService& links,
               notify::Notifier& notifier, std::vector<Eraser> erasers, audit::AuditLog& audit)
        : database_(database), accounts_(accounts), sessions_(sessions), links_(links),
          notifier_(notifier), erasers_(std::move(erasers)), audit_(audit)
    {
    }
    Result<void> run_once(Instant now);

private:
    Result<void> erase(WriteTx& tx, AccountId account, Instant now);

    Database& database_;
    account::AccountService& accounts_;
    account::SessionEnder& sessions_;
    link::LinkService& links_;
    notify::Notifier& notifier_;
    std::vector<Eraser> erasers_;
    audit::AuditLog& audit_;
};

} // namespace keystead::account_data
