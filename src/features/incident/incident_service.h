// features/incident/incident_service.h
//
// "This was not me": the link of a notice. It ends the session the notice spoke of, every other one
// that its thief may have begun (SessionService::revoke_unfamiliar), and the API keys and SSH keys
// made in them; it suspends the account's webhooks, forgets its known devices, voids half-done
// sign-ins and freezes changes of factors for a day (security.md item 22). It signs nobody in and
// changes no password: whoever reads the mailbox can only make the account safer. The link works
// once.
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/settings.h"
#include "features/account/account_service.h"
#include "features/account/notices_service.h"
#include "features/api_token/api_token_service.h"
#include "features/audit/audit_log.h"
#include "features/factor_reset/factor_reset_service.h"
#include "features/known_device/known_device_service.h"
#include "features/link/link_service.h"
#include "features/session/session_service.h"
#include "features/ssh_key/ssh_key_service.h"
#include "features/webhook/webhook_service.h"

#include <optional>
#include <string_view>

namespace keystead::incident {

struct Reported {
    int sessions_ended = 0;
    std::optional<Instant> factors_frozen_until;
    bool reset_stopped = false;
};

class IncidentService {
public:
    IncidentService(account::AccountService& accounts, session::SessionService& sessions,
                    api_token::ApiTokenService& tokens, ssh_key::SshKeyService& ssh_keys,
                    known_device::KnownDeviceService& devices,
                    factor_reset::FactorResetService& resets, link::LinkService& links,
                    account::Notices& notices, webhook::WebhookService& webhooks,
                    audit::AuditLog& audit, const Clock& clock, const AccountSettings& settings)
        : accounts_(accounts), sessions_(sessions), tokens_(tokens), ssh_keys_(ssh_keys),
          devices_(devices), resets_(resets), links_(links), notices_(notices), webhooks_(webhooks),
          audit_(audit), clock_(clock), settings_(settings)
    {
    }

    /// Records account.not-me. The link of a pending reset of factors stops that reset and freezes
    /// nothing. Errors: link/invalid.
    Result<Reported> not_me(WriteTx& tx, const Actor& actor, std::string_view token);

private:
    account::AccountService& accounts_;
    session::SessionService& sessions_;
    api_token::ApiTokenService& tokens_;
    ssh_key::SshKeyService& ssh_keys_;
    known_device::KnownDeviceService& devices_;
    factor_reset::FactorResetService& resets_;
    link::LinkService& links_;
    account::Notices& notices_;
    webhook::WebhookService& webhooks_;
    audit::AuditLog& audit_;
    const Clock& clock_;
    const AccountSettings& settings_;
};

} // namespace keystead::incident
