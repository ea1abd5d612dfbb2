// features/check_up/check_up_service.h
//
// The check-up of one's account (M-20): asks each slice what it knows and puts it together. Reads
// only.
#pragma once

#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "core/settings.h"
#include "features/account/account_service.h"
#include "features/account/notification_address_service.h"
#include "features/api_token/api_token_usage_service.h"
#include "features/backup_code/backup_code_service.h"
#include "features/check_up/check_up.h"
#include "features/known_device/known_device_service.h"
#include "features/password/assessment_service.h"
#include "features/password/password_service.h"
#include "features/permission/permission_service.h"
#include "features/session/session_service.h"
#include "features/ssh_key/ssh_key_service.h"
#include "features/totp/totp_service.h"
#include "storage/database.h"

#include <functional>
#include <optional>

namespace keystead::check_up {

/// The services that it asks; all outlive it.
struct Parts {
    account::AccountService& accounts;
    account::NotificationAddressService& addresses;
    password::PasswordService& passwords;
    const password::AssessmentService& assessments;
    totp::TotpService& totp;
    backup_code::BackupCodeService& backup_codes;
    session::SessionService& sessions;
    known_device::KnownDeviceService& known_devices;
    api_token::ApiTokenService& tokens;
    api_token::ApiTokenUsageService& token_usage;
    permission::PermissionService& permissions;
    ssh_key::SshKeyService& ssh_keys;
    /// Since when a server of the account's has reported logins. Nothing: none does.
    std::function<Result<std::optional<Instant>>(ReadTx&, AccountId)> servers_since;
    const ApiTokenSettings& token_settings;
    const SshKeySettings& ssh_key_settings;
    const Clock& clock;
};

class CheckUpService {
public:
    explicit CheckUpService(const Parts& parts) : p_(parts) {}

    /// `asks` is the session that does: where it is, its owner is.
    Result<CheckUp> look(ReadTx& tx, AccountId account, SessionId asks);

private:
    Result<void> add_password(ReadTx& tx, AccountId account, Facts& facts);
    Result<void> add_factors(ReadTx& tx, AccountId account, Facts& facts);
    Result<void> add_sessions(ReadTx& tx, AccountId account, SessionId asks, Facts& facts);
    Result<void> add_tokens(ReadTx& tx, AccountId account, Facts& facts);
    Result<void> add_ssh_keys(ReadTx& tx, AccountId account, Facts& facts);
    Result<void> add_addresses(ReadTx& tx, AccountId account, Facts& facts);

    Parts p_;
};

} // namespace keystead::check_up
