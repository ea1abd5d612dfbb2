#include "features/account_data/deletion_service.h"

#include "core/encoding.h"

#include <utility>

namespace keystead::account_data {
namespace {

constexpr int kErasedAtOnce = 100; // the rest is for the next run

audit::Event event_of(const Actor& actor, std::string_view action, AccountId account)
{
    return {.actor = actor,
            .action = action,
            .account = account,
            .target = {.kind = "account", .id = account.text()}};
}

} // namespace

Result<Instant> DeletionService::request(WriteTx& tx, const Actor& actor)
{
    KS_CHECK(tx.lock(actor.account));
    KS_CHECK(
        accounts_.check_not_being_secured(tx, actor.account)); // A freeze may have come between.
    KS_TRY(const auto account, accounts_.load(tx, actor.account));
    if (account.is_operator()) {
        KS_TRY(const bool leaves_one, accounts_.leaves_an_operator(tx, actor.account));
        if (!leaves_one) {
            return Error{ErrorKind::Conflict, "account/last-operator",
                         "You are the only operator. Make another one first."};
        }
    }
    const Instant delete_at = clock_.now() + settings_.deletion_wait;
    KS_TRY(const bool changed, accounts_.set_delete_at(tx, actor.account, delete_at));
    if (!changed) {
        return Error{ErrorKind::Conflict, "account/deletion-pending",
                     "The account is going to be deleted already."};
    }
    KS_CHECK(notices_.tell_owner(tx, actor, actor.account, notify::Purpose::DeletionRequested,
                                 {{"deletes_at", rfc3339(delete_at)}}));
    audit::Event event = event_of(actor, "account.delete-request", actor.account);
    event.details = {{.name = "deletes_at", .value = rfc3339(delete_at)}};
    KS_CHECK(audit_.append(tx, event));
    return delete_at;
}

Result<void> DeletionService::cancel(WriteTx& tx, const Actor& actor)
{
    KS_TRY(const bool changed, accounts_.clear_delete_at(tx, actor.account));
    if (!changed) {
        return Error{ErrorKind::Conflict, "account/deletion-not-pending",
                     "No deletion was asked for."};
    }
    KS_CHECK(notices_.tell_owner(tx, actor, actor.account, notify::Purpose::DeletionCancelled));
    return audit_.append(tx, event_of(actor, "account.delete-cancel", actor.account));
}

Result<void> ErasureJob::run_once(Instant now)
{
    KS_TRY(const auto due, database_.read([&](ReadTx& tx) {
        return accounts_.list_due_for_erasure(tx, now, kErasedAtOnce);
    }));
    Result<void> outcome;
    for (const AccountId account : due) {
        auto erased = database_.write([&](WriteTx& tx) { return erase(tx, account, now); });
        if (!erased && outcome) {
            outcome = std::move(erased);
        }
    }
    return outcome;
}

Result<void> ErasureJob::erase(WriteTx& tx, AccountId account, Instant now)
{
    KS_CHECK(tx.lock(account));
    KS_TRY(const auto found, accounts_.find(tx, account));
    if (!found || !found->delete_at || *found->delete_at > now) {
        return {}; // Cancelled, or erased, since it was listed.
    }
    const Actor system{.kind = ActorKind::System};
    KS_TRY(const auto addresses, accounts_.addresses_to_tell(tx, account));
    KS_CHECK(sessions_.end_all(tx, system, account, account::EndReason::AccountErased));
    for (const account::EmailAddress& address : addresses) {
        KS_CHECK(links_.erase(tx, account, address.text()));
    }
    for (const Eraser& eraser : erasers_) {
        KS_CHECK(eraser.erase(tx, account));
    }
    KS_TRY(const bool erased, accounts_.erase(tx, account, now));
    KS_ASSERT(erased); // The row is locked and was just seen to be due.
    // Last, and without the account: its other mails, and the values of its events, were erased
    // above.
    for (const account::EmailAddress& address : addresses) {
        KS_CHECK(notifier_.enqueue(
            tx, {.purpose = notify::Purpose::AccountDeleted, .to = address.text()}));
    }
    return audit_.append(tx, event_of(system, "account.erase", account));
}

} // namespace keystead::account_data
