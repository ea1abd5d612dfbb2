// features/host/host_report_service.h
//
// What servers tell: logins and their ends, and that they have what they were told. A server is
// believed about itself alone: what it says changes nothing of other servers or accounts.
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/random.h"
#include "features/audit/audit_log.h"
#include "features/host/host_content_service.h"
#include "features/host/host_store.h"
#include "features/host/login_meter.h"
#include "features/ssh_key/ssh_key_service.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace keystead::host {

struct NewLogin {
    std::string login_id;
    std::string login_user;
    std::string fingerprint; // "SHA256:…"
    std::string address;
    Instant began_at{};
};

struct EndedLogin {
    std::string login_id;
    Instant ended_at{};
    EndedBy by = EndedBy::Itself;
};

struct Report {
    std::optional<std::string> applied; // the digest of the content that it has, in hex
    std::vector<NewLogin> logins;
    std::vector<EndedLogin> ended;
};

/// Where a removed key is still to be refused, and where it is.
struct KeyServers {
    std::vector<Removal> removals;
    std::vector<Login> open;
};

class HostReportService {
public:
    HostReportService(HostStore& store, HostRecordStore& records, HostContentService& contents,
                      ssh_key::SshKeyService& ssh_keys, audit::AuditLog& audit, const Clock& clock,
                      Random& random)
        : store_(store), records_(records), contents_(contents), ssh_keys_(ssh_keys), audit_(audit),
          clock_(clock), random_(random), meter_(clock)
    {
    }

    /// Repeats change nothing; all or nothing of it is taken. Errors: host/too-many-logins
    /// (RateLimited), host/required (Unauthenticated: the server is gone), those of
    /// HostContentService::read().
    Result<void> take(Database& db, const Actor& actor, const Holder& holder, const Report& report);

    /// Newest first.
    Result<std::vector<Login>> list_logins(ReadTx& tx, HostId host,
                                           std::optional<HostLoginId> before, int limit)
    {
        return records_.list_logins(tx, host, before, limit);
    }
    /// Errors: ssh-key/not-found, unless the key is the account's or something is known of it.
    Result<std::vector<Login>> list_uses(ReadTx& tx, AccountId account, SshKeyId key,
                                         std::optional<HostLoginId> before, int limit);
    /// Errors: as list_uses().
    Result<KeyServers> servers_of(ReadTx& tx, AccountId account, SshKeyId key);
    Result<std::vector<Login>> list_of_account(ReadTx& tx, AccountId account, int limit)
    {
        return records_.list_logins_of_account(tx, account, limit);
    }
    /// What was removed from a server, newest first.
    Result<std::vector<Removal>> list_removals(ReadTx& tx, HostId host, int limit)
    {
        return records_.list_removals_at(tx, host, limit);
    }
    /// What ended before `before`. A job.
    Result<void> sweep(Database& db, Instant before);

private:
    using Keys = std::map<std::string, SshKeyId>; // by fingerprint
    struct Taken {
        bool has_all = false;     // the server, of what it has to have
        bool is_recorded = false; // something, in the audit log
    };
    Result<void> check_rate(HostId host, std::size_t logins);
    Result<Taken> record(WriteTx& tx, const Actor& actor, const Holder& holder,
                         const Report& report);
    /// Whether that is news.
    Result<bool> add_login(WriteTx& tx, const Actor& actor, const Host& host, const Keys& keys,
                           const NewLogin& told);
    Result<Taken> confirm(WriteTx& tx, const Actor& actor, const Host& host,
                          const std::string& applied);
    /// What is kept beside the records.
    Result<void> note(ChangeTx& tx, HostId host, const Report& report, const Taken& taken);
    Result<void> check_known(ReadTx& tx, AccountId account, SshKeyId key, bool any_record);

    HostStore& store_;
    HostRecordStore& records_;
    HostContentService& contents_;
    ssh_key::SshKeyService& ssh_keys_;
    audit::AuditLog& audit_;
    const Clock& clock_;
    Random& random_;
    LoginMeter meter_;
};

} // namespace keystead::host
