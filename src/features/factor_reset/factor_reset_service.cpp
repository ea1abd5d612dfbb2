#include "features/factor_reset/factor_reset_service.h"

#include "core/encoding.h"

#include <utility>

namespace keystead::factor_reset {
namespace {

constexpr int kBatch = 100;

audit::Event event_of(const Actor& actor, std::string_view action, AccountId account)
{
    return {.actor = actor,
            .action = action,
            .account = account,
            .target = {"account", account.text()}};
}

} // namespace

Result<void> FactorResetService::check_operator(ReadTx& tx, AccountId account,
                                                AccountId operator_account)
{
    KS_TRY(const auto found, p_.accounts.find(tx, operator_account));
    if (!found || !found->is_active() || !found->is_operator() || operator_account == account) {
        return Error{ErrorKind::Forbidden, "factor-reset/not-an-operator",
                     "Name active operators, and not the account itself."};
    }
    return {};
}

Result<Instant> FactorResetService::ask(WriteTx& tx, const Actor& actor, AccountId account,
                                        AccountId asked_by, std::optional<AccountId> agreed_by)
{
    KS_CHECK(tx.lock(account));
    KS_TRY([[maybe_unused]] const auto found, p_.accounts.load(tx, account));
    KS_CHECK(check_operator(tx, account, asked_by));
    KS_TRY(const bool has_factor, p_.totp.has_confirmed(tx, account));
    if (!has_factor) {
        return Error{ErrorKind::Conflict, "factor-reset/nothing-to-reset",
                     "The account has no second factor."};
    }
    const Instant now = p_.clock.now();
    if (agreed_by) {
        if (*agreed_by == asked_by) {
            return Error{ErrorKind::Forbidden, "factor-reset/not-an-operator",
                         "Two different operators are needed."};
        }
        KS_CHECK(check_operator(tx, account, *agreed_by));
        auto event = event_of(actor, "factor-reset.agree", account);
        event.details = {{"asked_by", asked_by.text()}, {"agreed_by", agreed_by->text()}};
        KS_CHECK(p_.audit.append(tx, event));
        KS_CHECK(reset(tx, actor, account));
        return now;
    }
    const PendingReset pending{.account = account,
                               .asked_by = asked_by,
                               .asked_at = now,
                               .due_at = now + kWait,
                               .next_mail_at = now + kMailInterval};
    KS_TRY(const bool inserted, store_.insert(tx, pending));
    if (!inserted) {
        return Error{ErrorKind::Conflict, "factor-reset/pending",
                     "A reset of that account is waiting already."};
    }
    auto event = event_of(actor, "factor-reset.ask", account);
    event.details = {{"asked_by", asked_by.text()}};
    KS_CHECK(p_.audit.append(tx, event));
    KS_CHECK(mail(tx, actor, pending));
    return pending.due_at;
}

Result<void> FactorResetService::mail(WriteTx& tx, const Actor& actor, const PendingReset& pending)
{
    KS_TRY(const Secret token, p_.links.make(tx, {.purpose = link::Purpose::FactorResetObjection,
                                                  .lifetime = kWait,
                                                  .account = pending.account}));
    return p_.notices.tell_owner(tx, actor, pending.account, notify::Purpose::FactorResetPending,
                                 {{"due", rfc3339(pending.due_at)}},
                                 account::NoticeLink{"/not-me", &token});
}

Result<void> FactorResetService::reset(WriteTx& tx, const Actor& actor, AccountId account)
{
    KS_TRY([[maybe_unused]] const bool pending, store_.remove(tx, account));
    KS_CHECK(p_.links.void_purpose(tx, link::Purpose::FactorResetObjection, account));
    KS_TRY([[maybe_unused]] const int removed, p_.totp.remove_all(tx, actor, account));
    KS_CHECK(p_.backup_codes.remove_all(tx, actor, account));
    KS_TRY(const auto stored, p_.passwords.find(tx, account));
    if (stored && stored->satisfies == password::Satisfies::WithSecondFactor) {
        KS_TRY([[maybe_unused]] const bool marked, p_.passwords.require_change(tx, actor, account));
    }
    // Guesses at factors that are gone must not stand in the way of enrolling new ones.
    KS_CHECK(p_.budgets.clear(tx, attempt_budget::Scope::SecondFactor, account.bytes()));
    KS_CHECK(p_.sessions.end_all(tx, actor, account, "factors-reset"));
    KS_CHECK(p_.audit.append(tx, event_of(actor, "factor-reset.finish", account)));
    return p_.notices.tell_owner(tx, actor, account, notify::Purpose::FactorsReset);
}

Result<void> FactorResetService::cancel(WriteTx& tx, const Actor& actor, AccountId account)
{
    KS_TRY(const bool removed, store_.remove(tx, account));
    if (!removed) {
        return Error{ErrorKind::Conflict, "factor-reset/not-pending",
                     "No reset of that account is waiting."};
    }
    KS_CHECK(p_.links.void_purpose(tx, link::Purpose::FactorResetObjection, account));
    return p_.audit.append(tx, event_of(actor, "factor-reset.cancel", account));
}

Result<void> FactorResetService::cancel_any(WriteTx& tx, const Actor& actor, AccountId account)
{
    KS_TRY(const auto pending, store_.find(tx, account));
    return pending ? cancel(tx, actor, account) : Result<void>{};
}

Result<int> FactorResetService::cancel_all(WriteTx& tx)
{
    return store_.remove_all(tx);
}

Result<int> FactorResetService::set_back(WriteTx& tx, const SetBack& clock)
{
    return store_.rebase(tx, clock.wall);
}

Result<bool> FactorResetService::object(WriteTx& tx, const Actor& actor, std::string_view token)
{
    KS_TRY(const auto binding, p_.links.spend(tx, link::Purpose::FactorResetObjection, token));
    if (!binding || !binding->account) {
        return false;
    }
    KS_TRY([[maybe_unused]] const bool removed, store_.remove(tx, *binding->account));
    KS_CHECK(p_.links.void_purpose(tx, link::Purpose::FactorResetObjection, *binding->account));
    KS_CHECK(p_.audit.append(tx, event_of(actor, "factor-reset.object", *binding->account)));
    return true;
}

Result<void> FactorResetService::run_once(Database& database, Instant now)
{
    KS_TRY(const auto ripe,
           database.read([&](ReadTx& tx) { return store_.list_ripe(tx, now, kBatch); }));
    Result<void> outcome;
    for (const PendingReset& pending : ripe) {
        auto advanced = database.write([&](WriteTx& tx) { return advance(tx, pending, now); });
        if (!advanced && outcome) {
            outcome = std::move(advanced); // The others have waited as long.
        }
    }
    return outcome;
}

Result<void> FactorResetService::advance(WriteTx& tx, const PendingReset& seen, Instant now)
{
    const Actor system{.kind = ActorKind::System};
    KS_CHECK(tx.lock(seen.account));
    KS_TRY(const auto pending, store_.find(tx, seen.account));
    if (!pending) {
        return {}; // Stopped meanwhile.
    }
    if (pending->due_at <= now) {
        // Who asked three days ago may since have been found out, and disabled.
        KS_TRY(const auto asked_by, p_.accounts.find(tx, pending->asked_by));
        if (!asked_by || !asked_by->is_active() || !asked_by->is_operator()) {
            return cancel(tx, system, pending->account);
        }
        return reset(tx, system, pending->account);
    }
    KS_TRY(const bool first,
           store_.move_mail(tx, pending->account, seen.next_mail_at, now + kMailInterval));
    if (!first) {
        return {};
    }
    KS_CHECK(p_.audit.append(tx, event_of(system, "factor-reset.remind", pending->account)));
    return mail(tx, system, *pending);
}

Result<void> FactorResetService::erase(WriteTx& tx, AccountId account)
{
    KS_TRY([[maybe_unused]] const bool removed, store_.remove(tx, account));
    return {};
}

} // namespace keystead::factor_reset
