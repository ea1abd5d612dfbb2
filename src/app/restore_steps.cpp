#include "app/restore_steps.h"

#include "app/node_store.h"
#include "core/encoding.h"
#include "core/json.h"
#include "features/backup/backup_service.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keystead::app {
namespace {

const Actor kOperator{.kind = ActorKind::Operator};
constexpr std::string_view kReason = "restore";
constexpr int kPage = 1000;

using ListSuspended = std::function<Result<std::vector<AccountId>>(ReadTx&, AccountId after)>;
using Counts = std::vector<std::pair<std::string_view, int>>;

Result<void> tell(WriteTx& tx, Features& f, AccountId account, const backup::ArchiveHead& head)
{
    return f.notices.tell_owner(tx, kOperator, account, notify::Purpose::ServerRestored,
                                {{"made_at", rfc3339(head.made_at)}});
}

using ListConcerned =
    std::function<Result<std::vector<AccountId>>(ReadTx& tx, AccountId after, int limit)>;

Result<void> gather(ReadTx& tx, const ListConcerned& list, std::vector<AccountId>& all)
{
    AccountId after;
    for (bool more = true; more;) {
        KS_TRY(const auto page, list(tx, after, kPage));
        all.insert(all.end(), page.begin(), page.end());
        more = page.size() == kPage;
        after = page.empty() ? after : page.back();
    }
    return {};
}

Result<void> gather_operators(ReadTx& tx, Features& f, std::vector<AccountId>& all)
{
    std::optional<AccountId> after;
    for (bool more = true; more;) {
        KS_TRY(const auto page, f.accounts.list(tx, "", after, kPage));
        for (const auto& account : page) {
            if (account.is_operator()) {
                all.push_back(account.id);
            }
        }
        more = page.size() == kPage;
        after = page.empty() ? after : std::optional(page.back().id);
    }
    return {};
}

/// Operators, and whoever has something to confirm. How many.
Result<int> tell_those_concerned(WriteTx& tx, Features& f, const backup::ArchiveHead& head)
{
    std::vector<AccountId> concerned;
    KS_CHECK(gather_operators(tx, f, concerned));
    const ListConcerned lists[] = {
        [&f](ReadTx& read, AccountId after, int limit) {
            return f.backup_codes.list_suspended_accounts(read, after, limit);
        },
        [&f](ReadTx& read, AccountId after, int limit) {
            return f.tokens.list_suspended_accounts(read, after, limit);
        },
        [&f](ReadTx& read, AccountId after, int limit) {
            return f.ssh_keys.list_suspended_accounts(read, after, limit);
        },
        [&f](ReadTx& read, AccountId after, int limit) {
            return f.webhooks.list_suspended_accounts(read, after, limit);
        },
    };
    for (const ListConcerned& list : lists) {
        KS_CHECK(gather(tx, list, concerned));
    }
    std::ranges::sort(concerned);
    concerned.erase(std::unique(concerned.begin(), concerned.end()), concerned.end());
    for (const AccountId& account : concerned) {
        KS_CHECK(tell(tx, f, account, head));
    }
    return static_cast<int>(concerned.size());
}

/// Its owner may have cancelled it since: the whole time to do so begins anew.
Result<int> put_off_deletions(WriteTx& tx, Features& f)
{
    const Instant until = f.foundation.clock.now() + f.foundation.settings.account.deletion_wait;
    KS_TRY(const auto whose, f.accounts.put_off_deletions(tx, until));
    for (const AccountId account : whose) {
        KS_CHECK(f.notices.tell_owner(tx, kOperator, account, notify::Purpose::DeletionRequested,
                                      {{"deletes_at", rfc3339(until)}}));
    }
    return static_cast<int>(whose.size());
}

Result<void> record(WriteTx& tx, Features& f, const backup::ArchiveHead& head, const Counts& counts)
{
    audit::Event event{.actor = kOperator, .action = "backup.restore"};
    event.details = {{"made_at", rfc3339(head.made_at)},
                     {"made_by", head.product_version},
                     {"log_size", std::to_string(head.log_size)},
                     {"log_root", head.log_root}};
    for (const auto& [name, count] : counts) {
        event.details.push_back({name, std::to_string(count)});
    }
    return f.audit.append(tx, event);
}

/// All of it in one transaction: there is no moment at which the database could be served and a
/// step is missing.
Result<Counts> run_steps(WriteTx& tx, Features& f, const backup::ArchiveHead& head)
{
    KS_CHECK(NodeStore{}.lift_time_limit(tx, f.foundation.database->engine()));
    Counts done;
#ifndef KEYSTEAD_WITHOUT_RESTORE_STEPS
    for (const RestoreStep& step : restore_steps(f)) {
        KS_TRY(const int count, step.run(tx, kOperator));
        done.emplace_back(step.name, count);
    }
#endif
    KS_CHECK(f.hosts.note_restore(tx, head.made_at));
    // What is checked against checkpoints of the old history must not be taken for tampering.
    KS_TRY([[maybe_unused]] const auto origin,
           f.log_proofs.start_new_origin(tx, kOperator, log_proof::OriginReason::Restore));
    KS_TRY(const int told, tell_those_concerned(tx, f, head));
    done.emplace_back("accounts_told", told);
    KS_CHECK(record(tx, f, head, done));
    KS_CHECK(NodeStore{}.remove(tx, backup::kUnfinishedMark));
    return done;
}

} // namespace

std::vector<RestoreStep> restore_steps(Features& f)
{
    // Sweeps and jobs are not needed for any of these: what they remove is over by then.
    return {
        // First, since what the others record is an event that webhooks hear of.
        {"webhooks_suspended",
         [&f](WriteTx& tx, const Actor& actor) -> Result<int> {
             return f.webhooks.suspend_all(tx, actor);
         }},
        {"sessions_ended",
         [&f](WriteTx& tx, const Actor& actor) -> Result<int> {
             return f.sessions.end_everyones(tx, actor, kReason);
         }},
        {"flows_ended",
         [&f](WriteTx& tx, const Actor&) -> Result<int> { return f.flows.end_everyones(tx); }},
        {"links_ended",
         [&f](WriteTx& tx, const Actor&) -> Result<int> { return f.links.void_everything(tx); }},
        {"devices_forgotten",
         [&f](WriteTx& tx, const Actor&) -> Result<int> {
             return f.known_devices.forget_everyones(tx);
         }},
        {"authenticators_moved_on",
         [&f](WriteTx& tx, const Actor& actor) -> Result<int> {
             return f.totp.spend_steps(tx, actor);
         }},
        {"backup_codes_suspended",
         [&f](WriteTx& tx, const Actor& actor) -> Result<int> {
             return f.backup_codes.suspend_all(tx, actor);
         }},
        {"api_tokens_suspended",
         [&f](WriteTx& tx, const Actor& actor) -> Result<int> {
             return f.tokens.suspend_all(tx, actor);
         }},
        {"ssh_keys_suspended",
         [&f](WriteTx& tx, const Actor& actor) -> Result<int> {
             return f.ssh_keys.suspend_all(tx, actor);
         }},
        // Behind the keys: their removals are written for each server.
        {"servers_suspended",
         [&f](WriteTx& tx, const Actor& actor) -> Result<int> {
             return f.hosts.suspend_all(tx, actor);
         }},
        {"service_clients_suspended",
         [&f](WriteTx& tx, const Actor& actor) -> Result<int> {
             return f.clients.suspend_all(tx, actor);
         }},
        {"factor_resets_cancelled",
         [&f](WriteTx& tx, const Actor&) -> Result<int> { return f.factor_resets.cancel_all(tx); }},
        {"mails_given_up",
         [&f](WriteTx& tx, const Actor&) -> Result<int> { return f.outbox.give_up_waiting(tx); }},
        // Behind the one above, which would drop what it tells.
        {"deletions_put_off",
         [&f](WriteTx& tx, const Actor&) -> Result<int> { return put_off_deletions(tx, f); }},
    };
}

Result<std::string> finish_restore(Features& f, const backup::ArchiveHead& head)
{
    KS_TRY(const auto counts,
           f.foundation.database->write([&](WriteTx& tx) { return run_steps(tx, f, head); }));
    JsonWriter json;
    json.begin_object().member("restored_from", head.made_at).member("log_size", head.log_size);
    for (const auto& [name, count] : counts) {
        json.member(name, count);
    }
    return std::move(json.end_object()).take();
}

} // namespace keystead::app
