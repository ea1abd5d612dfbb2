#include "features/host/host_report_service.h"

#include "core/encoding.h"

#include <algorithm>
#include <utility>

namespace keystead::host {
namespace {

constexpr int kLoginsKept = 10'000; // of one server
constexpr int kRemovalsListed = 10'000;
constexpr int kOpenListed = 100;

Error gone()
{
    return {ErrorKind::Unauthenticated, "host/required", "A server's token is needed."};
}

} // namespace

Result<void> HostReportService::check_rate([[maybe_unused]] HostId host,
                                           [[maybe_unused]] std::size_t logins)
{
#ifndef KEYSTEAD_WITHOUT_HOST_LOGIN_RATE
    if (const auto wait = meter_.charge(host, logins)) {
        return Error{.kind = ErrorKind::RateLimited,
                     .code = "host/too-many-logins",
                     .detail = "That is more logins than a server may report. Try again in " +
                               std::to_string(wait->count()) + " s.",
                     .retry_after = *wait};
    }
#endif
    return {};
}

Result<bool> HostReportService::add_login(WriteTx& tx, const Actor& actor, const Host& host,
                                          const Keys& keys, const NewLogin& told)
{
    const Instant now = clock_.now();
    Login login{.id = HostLoginId::make(now, random_),
                .host = host.id,
                .login_id = told.login_id,
                .host_name = host.name,
                .account = host.account,
                .fingerprint = told.fingerprint,
                .login_user = told.login_user,
                .address = told.address,
                .began_at = std::min(told.began_at, now)};
    const auto known = keys.find(told.fingerprint);
    const auto digest = ssh_key::parse_fingerprint(told.fingerprint);
    if (known != keys.end()) {
        login.key = known->second;
    } else if (digest) {
        KS_TRY(login.key, records_.find_removed_key(tx, host.id, *digest));
    }
    KS_TRY(const bool is_news, records_.add_login(tx, login));
    if (!is_news) {
        return false;
    }
    if (login.key) {
        KS_CHECK(ssh_keys_.note_use(tx, *login.key, login.began_at));
    }
    Actor by = actor;
    by.ip = IpAddress::parse(told.address);
    using Kind = audit::Detail::Kind;
    KS_CHECK(audit_.append(tx, {.actor = by,
                                .action = "ssh_key.use",
                                .account = host.account,
                                .target = login.key ? audit::Target{"ssh_key", login.key->text()}
                                                    : audit::Target{"host", host.id.text()},
                                .details = {{"host", host.id.text()},
                                            {"host_name", host.name, Kind::Personal},
                                            {"login_user", told.login_user, Kind::Personal},
                                            {"fingerprint", told.fingerprint, Kind::Personal},
                                            {"address", told.address, Kind::Personal}}}));
    return true;
}

Result<HostReportService::Taken> HostReportService::confirm(
    WriteTx& tx, const Actor& actor, const Host& host, [[maybe_unused]] const std::string& applied)
{
    KS_TRY(const auto content, contents_.read(tx, host));
#ifndef KEYSTEAD_WITHOUT_HOST_REMOVAL_CONFIRM
    if (applied != hex_encode(content->digest)) { // It has less than there is by now.
        return Taken{};
    }
#endif
    KS_TRY([[maybe_unused]] const auto pending, records_.list_pending(tx, host.id));
    int withdrawn = 0;
#ifndef KEYSTEAD_WITHOUT_HOST_REMOVAL_WITHDRAWN
    for (const Digest& fingerprint : pending) {
        // Let in again since: the server was never without it, and refuses nothing.
        if (std::ranges::find(content->index, fingerprint, &KeyLine::fingerprint) !=
            content->index.end()) {
            KS_CHECK(records_.forget_removal(tx, host.id, fingerprint));
            ++withdrawn;
        }
    }
#endif
    KS_TRY(const int count, records_.confirm_removals(tx, host.id, clock_.now()));
    if (count == 0 && withdrawn == 0) {
        return Taken{.has_all = true};
    }
    KS_CHECK(audit_.append(tx, {.actor = actor,
                                .action = "ssh_key.apply",
                                .account = host.account,
                                .target = {"host", host.id.text()},
                                .details = {{"count", std::to_string(count)},
                                            {"withdrawn", std::to_string(withdrawn)}}}));
    return Taken{.has_all = true, .is_recorded = true};
}

Result<HostReportService::Taken> HostReportService::record(WriteTx& tx, const Actor& actor,
                                                           const Holder& holder,
                                                           const Report& report)
{
    KS_CHECK(tx.lock(holder.account)); // So that no removal is added meanwhile.
    KS_TRY(const auto host, store_.find(tx, holder.host));
    if (!host) {
        return gone();
    }
    KS_TRY(const auto list, ssh_keys_.list(tx, holder.account));
    Keys keys;
    for (const ssh_key::SshKey& key : list) {
        keys.emplace(ssh_key::fingerprint_text(ssh_key::fingerprint_of(key.key)), key.id);
    }
    Taken taken;
    if (report.applied) {
        KS_TRY(taken, confirm(tx, actor, *host, *report.applied));
    }
    for (const NewLogin& told : report.logins) {
        KS_TRY(const bool is_news, add_login(tx, actor, *host, keys, told));
        taken.is_recorded = taken.is_recorded || is_news;
    }
    if (taken.is_recorded) {
        KS_CHECK(note(tx, holder.host, report, taken));
    }
    return taken;
}

Result<void> HostReportService::note(ChangeTx& tx, HostId host, const Report& report,
                                     const Taken& taken)
{
    const Instant now = clock_.now();
    for (const EndedLogin& each : report.ended) {
        KS_CHECK(
            records_.end_login(tx, host, each.login_id, std::min(each.ended_at, now), each.by));
    }
    if (!report.logins.empty()) {
        KS_CHECK(records_.keep_newest_logins(tx, host, kLoginsKept));
    }
    return taken.has_all ? store_.set_confirmed(tx, host, now) : Result<void>{};
}

Result<void> HostReportService::take(Database& db, const Actor& actor, const Holder& holder,
                                     const Report& report)
{
    KS_CHECK(check_rate(holder.host, report.logins.size()));
    Taken taken;
    if (report.applied || !report.logins.empty()) {
        KS_TRY(taken, db.write([&](WriteTx& tx) { return record(tx, actor, holder, report); }));
    }
    // One transaction that changes something, whichever: without a record it is upkeep.
    if (taken.is_recorded || (!taken.has_all && report.ended.empty())) {
        return {};
    }
    return db.upkeep([&](UpkeepTx& tx) { return note(tx, holder.host, report, taken); });
}

Result<void> HostReportService::check_known(ReadTx& tx, AccountId account, SshKeyId key,
                                            bool any_record)
{
    if (any_record) {
        return {};
    }
    KS_TRY([[maybe_unused]] const auto found, ssh_keys_.load_one(tx, account, key));
    return {};
}

Result<std::vector<Login>> HostReportService::list_uses(ReadTx& tx, AccountId account, SshKeyId key,
                                                        std::optional<HostLoginId> before,
                                                        int limit)
{
    KS_TRY(auto logins, records_.list_logins_of(tx, account, key, before, limit));
    KS_CHECK(check_known(tx, account, key, before || !logins.empty()));
    return logins;
}

Result<KeyServers> HostReportService::servers_of(ReadTx& tx, AccountId account, SshKeyId key)
{
    KeyServers servers;
    KS_TRY(servers.removals, records_.list_removals_of(tx, account, key, kRemovalsListed));
    KS_TRY(servers.open, records_.list_open_of(tx, account, key, kOpenListed));
    KS_CHECK(check_known(tx, account, key, !servers.removals.empty() || !servers.open.empty()));
    return servers;
}

Result<void> HostReportService::sweep(Database& db, Instant before)
{
    return db.upkeep([&](UpkeepTx& tx) -> Result<void> {
        KS_TRY([[maybe_unused]] const int removed, records_.remove_logins_before(tx, before));
        return {};
    });
}

} // namespace keystead::host
