#include "features/webhook/event_catalogue.h"

#include <algorithm>

namespace keystead::webhook {
namespace {

constexpr EventType kCatalogue[] = {
    {"account.created", "account.create", "An account was made."},
    {"account.renamed", "account.rename", "An account's name was changed."},
    {"account.email_changed", "account.email-change", "The sign-in address was changed."},
    {"account.email_change_undone", "account.email-undo", "A change of address was undone."},
    {"account.address_added", "account.address-confirm", "A notification address was confirmed."},
    {"account.address_removed", "account.address-remove", "A notification address was removed."},
    {"account.disabled", "account.disable", "An operator disabled an account."},
    {"account.enabled", "account.enable", "An operator enabled an account again."},
    {"account.deletion_requested", "account.delete-request", "Deletion was asked for."},
    {"account.deletion_cancelled", "account.delete-cancel", "Deletion was cancelled."},
    {"account.deleted", "account.erase", "An account and its data were erased."},
    {"account.exported", "account.export", "Everything kept about an account was downloaded."},
    {"account.reported", "account.not-me", "Somebody said of a notice: this was not me."},
    {"account.frozen", "account.secure", "An account was reported as compromised and frozen."},
    {"account.secure_reviewed", "account.secure-review",
     "A line of activity was said to be the owner's, or not."},
    {"account.addresses_checked", "account.secure-addresses",
     "The owner looked at the account's addresses while securing it."},
    {"account.secured", "account.secure-finish", "A frozen account was secured and is open again."},
    {"account.factor_reset_asked", "factor-reset.ask", "An operator asked to reset all factors."},
    {"account.factor_reset_agreed", "factor-reset.agree", "A second operator agreed to a reset."},
    {"account.factor_reset_objected", "factor-reset.object", "The owner objected to a reset."},
    {"account.factor_reset_cancelled", "factor-reset.cancel", "A reset of factors was cancelled."},
    {"account.factors_reset", "factor-reset.finish", "All factors of an account were removed."},
    {"account.factors_frozen", "account.freeze-factors", "Factors cannot be changed for a while."},
    {"account.factors_unfrozen", "account.unfreeze-factors", "Factors can be changed again."},
    {"credential.password_set", "password.set", "A password was set at sign-up or recovery."},
    {"credential.password_changed", "password.change", "A password was changed."},
    {"credential.password_expired", "password.require-change", "A password must be changed."},
    {"credential.totp_added", "totp.confirm", "An authenticator app was added."},
    {"credential.totp_renamed", "totp.rename", "An authenticator app got another name."},
    {"credential.totp_removed", "totp.remove", "An authenticator app was removed."},
    {"credential.factors_removed", "totp.remove-all", "All authenticator apps were removed."},
    {"credential.backup_codes_made", "backup_code.make", "New backup codes were made."},
    {"credential.backup_code_used", "backup_code.use", "A backup code was used."},
    {"credential.backup_codes_confirmed", "backup_code.confirm", "Suspended codes work again."},
    {"credential.backup_codes_removed", "backup_code.remove-all", "All backup codes were removed."},
    {"session.created", "session.create", "Somebody signed in."},
    {"session.expired", "session.expire", "A session ended by time."},
    {"session.revoked", "session.revoke", "A session was ended."},
    {"session.others_revoked", "session.revoke-others", "All sessions but one were ended."},
    {"session.unfamiliar_revoked", "session.revoke-unfamiliar",
     "All sessions were ended but those on devices that are known."},
    {"session.all_revoked", "session.revoke-all", "All sessions of an account were ended."},
    {"session.authentication_required", "session.require-authentication",
     "A session must authenticate again."},
    {"token.created", "token.create", "An API token was made."},
    {"token.rotated", "token.rotate", "An API token got a new secret."},
    {"token.overlap_ended", "token.end-overlap", "The old secret of a token was ended."},
    {"token.expired", "token.expire", "An API token ended by time."},
    {"token.revoked", "token.revoke", "An API token was revoked."},
    {"token.suspended", "token.suspend", "An API token was suspended."},
    {"token.confirmed", "token.confirm", "A suspended API token may be used again."},
    {"ssh_key.added", "ssh_key.add", "An SSH key was added."},
    {"ssh_key.renamed", "ssh_key.rename", "An SSH key got another name."},
    {"ssh_key.rotated", "ssh_key.rotate", "An SSH key took the place of another."},
    {"ssh_key.revoked", "ssh_key.revoke", "An SSH key was revoked."},
    {"ssh_key.suspended", "ssh_key.suspend", "SSH keys were suspended."},
    {"ssh_key.confirmed", "ssh_key.confirm", "A suspended SSH key is valid again."},
    {"ssh_key.used", "ssh_key.use", "An SSH key logged in to a server."},
    {"ssh_key.applied", "ssh_key.apply", "A server confirmed that it refuses keys that ended."},
    {"host.created", "host.create", "A server was registered."},
    {"host.changed", "host.change", "A server got other login users or keys."},
    {"host.renamed", "host.rename", "A server got another name."},
    {"host.enrolled", "host.enroll", "A server was enrolled."},
    {"host.enrolment_renewed", "host.renew-enrolment", "A server is to be enrolled anew."},
    {"host.removed", "host.remove", "A server was removed; its keys ended with it."},
    {"host.suspended", "host.suspend", "Servers were suspended."},
    {"host.confirmed", "host.confirm", "A suspended server hears of keys again."},
    {"client.created", "client.create", "A service client was made."},
    {"client.confirmed", "client.confirm", "A suspended service client may be used again."},
    {"client.revoked", "client.revoke", "A service client was revoked."},
    {"webhook.created", "webhook.create", "A webhook endpoint was made."},
    {"webhook.changed", "webhook.change", "A webhook endpoint was changed."},
    {"webhook.secret_rotated", "webhook.rotate", "A webhook endpoint got a new secret."},
    {"webhook.secret_ended", "webhook.end-secret", "The old secret of an endpoint was ended."},
    {"webhook.deleted", "webhook.delete", "A webhook endpoint was deleted."},
    {"webhook.stopped", "webhook.stop", "Deliveries to an endpoint failed and were stopped."},
    {"webhook.suspended", "webhook.suspend", "Endpoints were suspended: nothing is sent to them."},
};

std::string_view group_of(std::string_view name)
{
    return name.substr(0, name.find('.'));
}

} // namespace

std::span<const EventType> event_catalogue()
{
    return kCatalogue;
}

const EventType* find_event_type(std::string_view action)
{
    const auto* const found = std::ranges::find(kCatalogue, action, &EventType::action);
    return found == std::end(kCatalogue) ? nullptr : found;
}

bool is_known_filter(std::string_view filter)
{
    return filter == "*" || std::ranges::any_of(kCatalogue, [&](const EventType& type) {
               return type.name == filter ||
                      (filter.ends_with(".*") && group_of(filter) == group_of(type.name) &&
                       filter.size() == group_of(filter).size() + 2);
           });
}

bool asks_for(std::string_view filters, std::string_view name)
{
    while (!filters.empty()) {
        const auto filter = filters.substr(0, filters.find(','));
        if (filter == "*" || filter == name ||
            (filter.ends_with(".*") && group_of(filter) == group_of(name))) {
            return true;
        }
        filters.remove_prefix(std::min(filter.size() + 1, filters.size()));
    }
    return false;
}

} // namespace keystead::webhook
