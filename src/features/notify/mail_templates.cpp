#include "features/notify/mail_templates.h"

#include "core/encoding.h"
#include "features/notify/mail_message.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <optional>

namespace keystead::notify {

namespace {

enum class Kind : std::uint8_t {
    Link,         // somebody asked for it, perhaps not the reader
    SignInNotice, // an attempt or a sign-in
    ChangeNotice, // a credential or the account changed
    Reminder,     // nothing happened, or nothing that hurts
};

struct Template {
    Purpose purpose;
    Kind kind;
    std::string_view subject; // {product} is the product's name
    std::string_view opening;
    std::string_view link_label; // empty: this message shows no link, whatever it carries
    std::string_view closing;    // what to do; {base} is the configured base URL
};

constexpr std::string_view kNotMe = "This was not me";
constexpr std::string_view kIfNotYou =
    "If you did this, there is nothing to do. If you did not, use the link above if there is one, "
    "then change your "
    "password at {base}/recovery and look through your sessions at {base}/account/sessions.";
constexpr std::string_view kIgnore = "The link works once and for a short time only. If you did "
                                     "not ask for this, ignore this mail: nothing has changed.";

// The catalogue: every text that leaves by mail, in the order of Purpose.
constexpr std::array kTemplates = {
    Template{Purpose::SignUpLink, Kind::Link, "Confirm your e-mail address",
             "Welcome to {product}. Confirm this address to go on with signing up.",
             "Confirm and choose a password", kIgnore},
    Template{Purpose::SignUpAccountExists, Kind::Link, "You already have an account",
             "Somebody, probably you, gave this address to {product}. There is an account with it "
             "already.",
             "",
             "Sign in at {base}/sign-in, or choose a new password at {base}/recovery. If it was "
             "not you, ignore this "
             "mail: nothing has changed."},
    Template{Purpose::Invitation, Kind::Link, "You are invited",
             "You are invited to {product}. Accept to choose a password and sign in.",
             "Accept the invitation",
             "The link works once. If you do not know what this is about, ignore this mail."},
    Template{Purpose::RecoveryLink, Kind::Link, "Choose a new password",
             "Somebody, probably you, asked for a new password for your account at {product}.",
             "Choose a new password", kIgnore},
    Template{Purpose::RecoveryNoAccount, Kind::Link, "There is no account with this address",
             "Somebody, probably you, asked for a new password at {product}, but there is no "
             "account with this address.",
             "",
             "Perhaps you used another address, or you can sign up at {base}/sign-up. If it was "
             "not you, ignore this "
             "mail."},
    Template{Purpose::PasswordChanged, Kind::ChangeNotice, "Your password was changed",
             "The password of your account at {product} was changed.", kNotMe, kIfNotYou},
    Template{Purpose::EmailConfirmLink, Kind::Link, "Confirm your new e-mail address",
             "You asked to use this address for your account at {product}.", "Use this address",
             kIgnore},
    Template{Purpose::EmailChanged, Kind::ChangeNotice, "Your e-mail address was changed",
             "The e-mail address of your account at {product} was changed.", kNotMe,
             "If you did this, there is nothing to do. If you did not, use the link above, which "
             "brings the old address "
             "back for some days, then change your password at {base}/recovery."},
    Template{Purpose::EmailChangeUndone, Kind::ChangeNotice, "Your old e-mail address is back",
             "The change of the e-mail address of your account at {product} was undone.", kNotMe,
             kIfNotYou},
    Template{
        Purpose::NotificationAddressLink, Kind::Link, "Confirm this address for notices",
        "Somebody, probably you, asked {product} to send notices about an account to this address.",
        "Receive notices here", kIgnore},
    Template{Purpose::NotificationAddressAdded, Kind::ChangeNotice,
             "A notification address was added",
             "Notices about your account at {product} now go to another address too.", kNotMe,
             kIfNotYou},
    Template{Purpose::NotificationAddressRemoved, Kind::ChangeNotice,
             "A notification address was removed",
             "Notices about your account at {product} no longer go to one of your addresses.",
             kNotMe, kIfNotYou},
    Template{Purpose::SecondFactorEnabled, Kind::ChangeNotice, "Two-factor authentication is on",
             "Signing in to your account at {product} now asks for a code as well.", kNotMe,
             kIfNotYou},
    Template{Purpose::SecondFactorDisabled, Kind::ChangeNotice, "Two-factor authentication is off",
             "Signing in to your account at {product} no longer asks for a code.", kNotMe,
             kIfNotYou},
    Template{Purpose::AuthenticatorAdded, Kind::ChangeNotice, "An authenticator was added",
             "An authenticator app was added to your account at {product}.", kNotMe, kIfNotYou},
    Template{Purpose::AuthenticatorRemoved, Kind::ChangeNotice, "An authenticator was removed",
             "An authenticator app was removed from your account at {product}.", kNotMe, kIfNotYou},
    Template{
        Purpose::BackupCodesMade, Kind::ChangeNotice, "New backup codes were made",
        "New backup codes were made for your account at {product}. The ones before no longer work.",
        kNotMe, kIfNotYou},
    Template{Purpose::BackupCodeUsed, Kind::ChangeNotice, "A backup code was used",
             "A backup code was used for your account at {product}. It does not work again.",
             kNotMe, kIfNotYou},
    Template{Purpose::NewSignIn, Kind::SignInNotice, "New sign-in to your account",
             "Somebody, probably you, signed in to your account at {product} on a device or in a "
             "place that we have not "
             "seen before.",
             kNotMe, kIfNotYou},
    Template{Purpose::SecondFactorFailing, Kind::SignInNotice, "Somebody has your password",
             "Somebody entered the right password of your account at {product}, but wrong codes. "
             "They did not get in.",
             kNotMe,
             "If it was you, there is nothing to do. If not, your password is known to somebody "
             "else: choose a new one "
             "at {base}/recovery now."},
    Template{
        Purpose::SessionsEnded, Kind::ChangeNotice, "Sessions were ended",
        "Sessions of your account at {product} were ended: those devices have to sign in again.",
        kNotMe, kIfNotYou},
    Template{Purpose::DeletionRequested, Kind::ChangeNotice, "Your account will be deleted",
             "Your account at {product} will be deleted after a waiting time.", kNotMe,
             "If you change your mind, sign in at {base}/account/delete and cancel before that "
             "day. If this was not you, "
             "do so now, and change your password."},
    Template{Purpose::DeletionCancelled, Kind::ChangeNotice, "Your account stays",
             "The deletion of your account at {product} was cancelled.", kNotMe, kIfNotYou},
    Template{
        Purpose::AccountDeleted, Kind::ChangeNotice, "Your account was deleted",
        "Your account at {product} and what was kept about you were deleted.", "",
        "Copies that were exported before, and backups until they expire, are out of our reach."},
    Template{Purpose::AccountDisabled, Kind::ChangeNotice, "Your account was disabled",
             "An operator disabled your account at {product}. Nobody can sign in to it until it is "
             "enabled again.",
             "", "If you do not know why, ask the people who run {product}."},
    Template{Purpose::FactorsReset, Kind::ChangeNotice, "Two-factor authentication was reset",
             "Operators of {product} removed the second factors of your account.", kNotMe,
             "If you asked for it, sign in and set them up again at {base}/account/two-factor. If "
             "you did not, tell the "
             "people who run {product} at once."},
    Template{Purpose::FactorResetPending, Kind::ChangeNotice, "Your second factors will be reset",
             "An operator of {product} asked to remove the second factors of your account. It "
             "happens after a waiting "
             "time, so that you can object.",
             kNotMe,
             "If you asked for it, there is nothing to do. If you did not, use the link above."},
    Template{Purpose::TokenCreated, Kind::ChangeNotice, "An API key was made",
             "An API key was made for your account at {product}: programs that have it can act for "
             "you, as far as its permissions go.",
             kNotMe, kIfNotYou},
    Template{Purpose::TokenRotated, Kind::ChangeNotice, "An API key was rotated",
             "An API key of your account at {product} has a new secret. The old one works until "
             "its end, which your list of API keys shows.",
             kNotMe, kIfNotYou},
    Template{Purpose::TokenRevoked, Kind::ChangeNotice, "An API key was revoked",
             "An API key of your account at {product} was revoked. Programs that use it are "
             "refused.",
             kNotMe, kIfNotYou},
    Template{Purpose::TokenSurrendered, Kind::ChangeNotice, "A leaked API key was revoked",
             "Somebody who found an API key of your account at {product} ended it with the key "
             "itself. Programs that use it are refused.",
             "",
             "The key was known to somebody else: look at where it was used, and at where it may "
             "have been read, before you make another."},
    Template{
        Purpose::ServerRestored, Kind::ChangeNotice, "The server was restored from a back-up",
        "{product} was restored from a back-up. What was changed after the back-up was made is "
        "lost, everybody was signed out, and credentials and webhooks that may have been used, "
        "changed or ended since are suspended until you confirm them.",
        "",
        "Sign in and look at {base}/account/two-factor: confirm your backup codes if none of "
        "them was used since then, or make new ones. API keys, SSH keys and webhooks wait for you "
        "at {base}/account/api-keys, {base}/account/ssh-keys and {base}/account/webhooks. If you "
        "changed your password since then, change it again."},
    Template{Purpose::WebhookChanged, Kind::ChangeNotice, "A webhook of your account was changed",
             "Events of your account at {product} are sent to a webhook endpoint that was added or "
             "changed.",
             kNotMe, kIfNotYou},
    Template{Purpose::AuditNotShipped, Kind::ChangeNotice,
             "The audit log no longer leaves the server",
             "The receiver of the audit log of {product} (audit.ship_url) has taken nothing for a "
             "while. What was recorded waits here and is sent when the receiver takes it "
             "again. Until then somebody who breaks into the server could hide what is recorded "
             "now.",
             "",
             "The server's log says why: look for \"audit/ship-not-taken\". You are told once for "
             "each outage."},
    Template{
        Purpose::WebhookStopped, Kind::Reminder, "A webhook no longer gets through",
        "{product} stopped sending events of your account to a webhook endpoint: the receiver "
        "did not take them for days, or wants no more.",
        "",
        "Look at the deliveries at {base}/account/webhooks, mend the receiver, then enable the "
        "endpoint again."},
    Template{Purpose::TokenSuspended, Kind::ChangeNotice, "API keys were suspended",
             "The clock of {product}'s server was set back. API keys of your account that had "
             "expired by the time before are suspended: programs that use them are refused.",
             "",
             "If a key should go on, confirm it at {base}/account/api-keys. If it should not, "
             "revoke it there."},
    Template{Purpose::SshKeyAdded, Kind::ChangeNotice, "An SSH key was added",
             "An SSH key was added to your account at {product}: whoever has its private key can "
             "come to where your keys do.",
             kNotMe, kIfNotYou},
    Template{Purpose::SshKeyRotated, Kind::ChangeNotice, "An SSH key was replaced",
             "An SSH key of your account at {product} was replaced by another. The old one is "
             "valid until its end, which your list of SSH keys shows.",
             kNotMe, kIfNotYou},
    Template{Purpose::SshKeyRevoked, Kind::ChangeNotice, "An SSH key was revoked",
             "An SSH key of your account at {product} was revoked.", kNotMe, kIfNotYou},
    Template{Purpose::SshKeyCompromised, Kind::ChangeNotice,
             "An SSH key of yours is in other hands",
             "Somebody proved, by a signature, to have the private part of an SSH key of your "
             "account at {product}, and reported it as compromised. It was revoked, and cannot be "
             "added again.",
             "",
             "If it was you, there is nothing more to do here. If not, somebody else has your "
             "private key: find out where it was read, look at the machines it opened, and make "
             "another at {base}/account/ssh-keys."},
    Template{Purpose::SshKeyOld, Kind::Reminder, "An SSH key of yours is old",
             "It is time to replace an SSH key of your account at {product}.", "",
             "Rotate it at {base}/account/ssh-keys: the new key and the old one are both valid for "
             "a while, so that nothing stops."},
    Template{Purpose::AccountFrozen, Kind::ChangeNotice, "Your account was frozen",
             "Your account at {product} was reported as compromised and frozen. Everybody was "
             "signed out; API keys, SSH keys and webhooks do not work, on a server that cannot be "
             "reached after 15 minutes at the latest; the password no longer opens the account.",
             "",
             "Nothing is lost. If you are in the middle of securing your account, go on there. "
             "Otherwise choose a new password at {base}/recovery with a link that we mail to you, "
             "then sign in: you are led step by step through what has to be looked at, and can "
             "stop and go on at any time, on any device."},
    Template{Purpose::AccountSecured, Kind::ChangeNotice, "Your account is secured",
             "All steps to secure your account at {product} are done. It works as usual again.", "",
             "If that was not you, freeze the account again at once: choose a new password at "
             "{base}/recovery, sign in, and use {base}/account/secure. Then tell the people who "
             "run {product}."},
    Template{Purpose::NewCountrySignIn, Kind::SignInNotice, "New sign-in from another country",
             "Somebody, probably you, signed in to your account at {product} from a country that "
             "you have not signed in from before.",
             kNotMe, kIfNotYou},
    Template{Purpose::SignInAfterFailures, Kind::SignInNotice,
             "New sign-in after many failed attempts",
             "Somebody tried to sign in to your account at {product} again and again, and then got "
             "in. If you had forgotten your password, it was probably you.",
             kNotMe, kIfNotYou},
    Template{Purpose::RecoveryFailing, Kind::SignInNotice, "Somebody has a recovery link of yours",
             "Somebody opened the link to choose a new password for your account at {product}, but "
             "entered wrong codes. They did not get in.",
             kNotMe,
             "If it was you, there is nothing to do. If not, somebody else reads the mails of an "
             "address of yours: change that mailbox's password, then look through your addresses "
             "at {base}/account/addresses."},
    Template{Purpose::TokenConfirmed, Kind::ChangeNotice, "An API key works again",
             "A suspended API key of your account at {product} was confirmed: programs that have "
             "it can act for you again.",
             kNotMe, kIfNotYou},
    Template{Purpose::SshKeyConfirmed, Kind::ChangeNotice, "An SSH key is valid again",
             "A suspended SSH key of your account at {product} was confirmed: it opens again what "
             "it opened before.",
             kNotMe, kIfNotYou},
    Template{Purpose::BackupCodesConfirmed, Kind::ChangeNotice, "Your backup codes work again",
             "The suspended backup codes of your account at {product} were confirmed.", kNotMe,
             kIfNotYou},
    Template{Purpose::NoticesChanged, Kind::ChangeNotice, "What you are told by mail was changed",
             "It was chosen anew which notices about your account at {product} are sent. Those "
             "about your credentials and about suspicious sign-ins are always sent.",
             kNotMe, kIfNotYou},
    Template{Purpose::NotMeReported, Kind::ChangeNotice, "Reported: this was not me",
             "The link \u201cthis was not me\u201d of a notice about your account at {product} was "
             "used. What the session in question had made was taken back, and second factors "
             "cannot be changed for a while.",
             "",
             "Choose a new password at {base}/recovery now, if you have not yet, and look through "
             "your activity at {base}/account/activity."},
};

const Template& template_of(Purpose purpose)
{
    const auto found = std::ranges::find(kTemplates, purpose, &Template::purpose);
    KS_ASSERT(found != kTemplates.end());
    return *found;
}

struct FactLabel {
    std::string_view name;
    std::string_view label;
};
constexpr std::array kFactLabels = {
    FactLabel{"ip", "IP address"},        FactLabel{"remaining", "Backup codes left"},
    FactLabel{"email", "E-mail address"}, FactLabel{"deletes_at", "Deleted on"},
    FactLabel{"until", "Until"},          FactLabel{"made_at", "Back-up made"},
};

std::string label_of(std::string_view name)
{
    const auto found = std::ranges::find(kFactLabels, name, &FactLabel::name);
    if (found != kFactLabels.end()) {
        return std::string(found->label);
    }
    std::string label(name);
    std::ranges::replace(label, '_', ' ');
    if (!label.empty()) {
        label.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(label.front())));
    }
    return label;
}

/// "2026-11-22 03:20 UTC".
std::string friendly_time(Instant instant)
{
    std::string text = rfc3339(instant).substr(0, 16);
    text[10] = ' ';
    return text + " UTC";
}

std::string shown_value(std::string_view name, std::string_view value)
{
    if (const auto instant = parse_rfc3339(value)) {
        return friendly_time(*instant);
    }
    // Ours, checked and canonical: an address that is not shown as it is would mislead.
    if (name == "ip" || (name == "email" && is_mail_address(value))) {
        return std::string(value);
    }
    return defang(value);
}

std::string filled(std::string_view text, const Sender& sender)
{
    std::string out;
    while (!text.empty()) {
        const std::size_t brace = text.find('{');
        out += text.substr(0, brace);
        if (brace == std::string_view::npos) {
            break;
        }
        const std::size_t end = text.find('}', brace);
        out +=
            text.substr(brace, end - brace + 1) == "{base}" ? sender.base_url : sender.product_name;
        text.remove_prefix(end + 1);
    }
    return out;
}

std::string_view link_label(const Template& wording, std::string_view path)
{
    return path == "/email/undo" ? "Undo this change" : wording.link_label;
}

/// A mail being written in both forms at once.
class Page {
public:
    explicit Page(std::string_view subject)
    {
        text_.reserve(4096); // A link stands in it: growing would leave copies behind.
        html_.reserve(8192);
        html_ += "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>";
        html_ += escape_html(subject);
        html_ += "</title></head><body "
                 "style=\"font-family:sans-serif;line-height:1.5;max-width:36em\">\n<h1 "
                 "style=\"font-size:1.25em\">";
        html_ += escape_html(subject);
        html_ += "</h1>\n";
    }
    void paragraph(std::string_view words)
    {
        text_.append(words).append("\n\n");
        html_.append("<p>").append(escape_html(words)).append("</p>\n");
    }
    void link(std::string_view label, std::string_view url)
    {
        text_.append(label).append(":\n").append(url).append("\n\n");
        html_.append("<p><a href=\"").append(escape_html(url)).append("\">");
        html_.append(escape_html(label)).append("</a></p>\n");
    }
    void facts(const Facts& facts)
    {
        html_ += "<ul>\n";
        for (const auto& [label, value] : facts) {
            text_.append("  ").append(label).append(": ").append(value).append("\n");
            html_.append("<li>")
                .append(escape_html(label))
                .append(": ")
                .append(escape_html(value))
                .append("</li>\n");
        }
        text_ += "\n";
        html_ += "</ul>\n";
    }
    Wording finish(std::string subject) &&
    {
        html_ += "</body></html>\n";
        return {std::move(subject), std::move(text_), std::move(html_)};
    }

private:
    std::string text_;
    std::string html_;
};

} // namespace

bool may_merge(Purpose purpose)
{
    const Kind kind = template_of(purpose).kind;
    return kind == Kind::SignInNotice;
}

Place place_of(Purpose purpose)
{
#ifndef KEYSTEAD_WITHOUT_GRAVE_FIRST
    switch (template_of(purpose).kind) {
    case Kind::SignInNotice:
    case Kind::ChangeNotice: return Place::Grave;
    case Kind::Link:
    case Kind::Reminder: return Place::Other;
    }
    std::abort();
#else
    static_cast<void>(purpose);
    return Place::Other;
#endif
}

std::string defang(std::string_view value)
{
    constexpr std::size_t kBytesMax = 200;
    if (!is_valid_utf8(value)) {
        return "(unreadable)";
    }
    std::string out;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const auto c = static_cast<unsigned char>(value[i]);
        if (out.size() >= kBytesMax && (c & 0xc0) != 0x80) {
            out += "…";
            break;
        }
        const auto next = i + 1 < value.size() ? static_cast<unsigned char>(value[i + 1]) : ' ';
        const bool before_letter = std::isalpha(next) != 0 || next >= 0x80;
        if (c < 0x20 || c == 0x7f) {
            out += ' ';
        } else if (c == '.' && before_letter) {
            out += "\u2024"; // ONE DOT LEADER: reads as a dot, makes no host name.
        } else if (c == ':' && value.substr(i).starts_with("://")) {
            out += "\u2236"; // RATIO: reads as a colon, makes no scheme.
        } else {
            out += value[i];
        }
    }
    return out;
}

Wording word(Purpose purpose, const MessagePayload& payload, Instant created_at,
             const Sender& sender)
{
    const Template& wording = template_of(purpose);
    std::string subject = std::string(sender.product_name) + ": " + filled(wording.subject, sender);
    Page page(wording.subject);
    page.paragraph(filled(wording.opening, sender));
    // The labels live here, the views in Facts look at them.
    std::vector<std::string> labels;
    labels.reserve(payload.facts.size() + 1);
    Facts facts;
    for (const auto& [name, value] : payload.facts) {
        labels.push_back(name == "time" ? "When" : label_of(name));
        facts.emplace_back(labels.back(), shown_value(name, value));
    }
    const auto is_time = [](const auto& fact) { return fact.first == "time"; };
    if (std::ranges::none_of(payload.facts, is_time)) {
        facts.emplace_back("When", friendly_time(created_at));
    }
    page.facts(facts);
    const std::string_view label = link_label(wording, payload.link_path);
    if (!label.empty() && !payload.link_token.empty()) {
        std::string url;
        url.reserve(512);
        url.append(sender.base_url)
            .append(payload.link_path)
            .append("#")
            .append(payload.link_token);
        page.link(label, url);
    }
    page.paragraph(filled(wording.closing, sender));
    if (!sender.support_url.empty()) {
        page.paragraph("Help: " + std::string(sender.support_url));
    }
    page.paragraph("This mail was sent by " + std::string(sender.product_name) +
                   ". It never asks for your password or codes by mail.");
    return std::move(page).finish(std::move(subject));
}

} // namespace keystead::notify
