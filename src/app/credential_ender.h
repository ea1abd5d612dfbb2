// app/credential_ender.h
//
// What an account's state means for all of its credentials: sessions end, API tokens are read anew,
// and find their owner disabled; servers are told to refuse the account's SSH keys; its webhooks
// hear nothing before their owner has looked at them.
#pragma once

#include "features/account/account_service.h"
#include "features/api_token/api_token_service.h"
#include "features/host/host_service.h"
#include "features/session/session_service.h"
#include "features/webhook/webhook_service.h"

namespace keystead::app {

class CredentialEnder final : public account::SessionEnder {
public:
    CredentialEnder(session::SessionService& sessions, api_token::ApiTokenService& tokens,
                    webhook::WebhookService& webhooks, host::HostService& hosts)
        : sessions_(sessions), tokens_(tokens), webhooks_(webhooks), hosts_(hosts)
    {
    }
    Result<void> end_all(WriteTx& tx, const Actor& actor, AccountId account,
                         account::EndReason reason) override
    {
        KS_CHECK(sessions_.end_all(tx, actor, account, reason));
        if (reason != account::EndReason::AccountErased) { // Then they are deleted.
            KS_CHECK(webhooks_.suspend_of(tx, actor, account));
            KS_CHECK(hosts_.follow_account(tx, account));
        }
        return tokens_.forget_cached(tx, account);
    }
    Result<void> forget_cached(WriteTx& tx, AccountId account) override
    {
        KS_CHECK(sessions_.forget_cached(tx, account));
        KS_CHECK(hosts_.follow_account(tx, account));
        return tokens_.forget_cached(tx, account);
    }

private:
    session::SessionService& sessions_;
    api_token::ApiTokenService& tokens_;
    webhook::WebhookService& webhooks_;
    host::HostService& hosts_;
};

} // namespace keystead::app
