#include "features/incident/incident_service.h"

#include <algorithm>

namespace keystead::incident {

Result<Reported> IncidentService::not_me(WriteTx& tx, const Actor& actor, std::string_view token)
{
    KS_TRY(const auto binding, links_.spend(tx, link::Purpose::NotMe, token));
    Reported reported;
    if (!binding || !binding->account) {
        KS_TRY(reported.reset_stopped, resets_.object(tx, actor, token));
        return reported.reset_stopped ? Result<Reported>(reported) : link::invalid_link();
    }
    const AccountId account = *binding->account;
    KS_CHECK(tx.lock(account));
#ifndef KEYSTEAD_WITHOUT_NOT_ME_IN_FLOW
    KS_TRY(const auto owner, accounts_.find(tx, account));
    if (owner && owner->is_being_secured()) {
        // All of it was ended with the freeze. Whoever reads one of the account's mailboxes must
        // not be able to end the owner's way back in, too.
        KS_CHECK(audit_.append(tx, {.actor = actor,
                                    .action = "account.not-me",
                                    .account = account,
                                    .target = {"account", account.text()}}));
        return reported;
    }
#endif
    if (const auto session = SessionId::parse(binding->reference)) {
        KS_TRY(auto ended, sessions_.revoke_unfamiliar(tx, actor, account, *session));
        reported.sessions_ended = static_cast<int>(ended.size());
        if (std::ranges::find(ended, *session) == ended.end()) {
            ended.push_back(*session); // It is over, and the keys made in it are not.
        }
        for (const SessionId id : ended) {
            KS_TRY([[maybe_unused]] const int tokens,
                   tokens_.revoke_made_in(tx, actor, account, id));
            KS_TRY([[maybe_unused]] const int ssh_keys,
                   ssh_keys_.revoke_made_in(tx, actor, account, id));
        }
    }
    const Instant until = clock_.now() + settings_.factor_freeze;
    reported.factors_frozen_until = until;
    KS_CHECK(accounts_.freeze_factors(tx, actor, account, until));
    KS_CHECK(devices_.forget_devices(tx, account));
#ifndef KEYSTEAD_WITHOUT_NOT_ME_WEBHOOKS
    KS_CHECK(webhooks_.suspend_of(tx, actor, account));
#endif
    KS_TRY([[maybe_unused]] const auto epoch, accounts_.raise_epoch(tx, account));
    KS_CHECK(notices_.tell_owner(tx, actor, account, notify::Purpose::NotMeReported));
    KS_CHECK(audit_.append(tx, {.actor = actor,
                                .action = "account.not-me",
                                .account = account,
                                .target = {"account", account.text()}}));
    return reported;
}

} // namespace keystead::incident
