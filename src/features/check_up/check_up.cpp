#include "features/check_up/check_up.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace keystead::check_up {
namespace {

constexpr std::array kAreas = {Area::Password, Area::SecondFactor, Area::BackupCodes,
                               Area::Sessions, Area::Tokens,       Area::SshKeys,
                               Area::Addresses};

void look_at_password(const Facts& facts, std::vector<Finding>& findings)
{
    const PasswordFacts& password = *facts.password;
    if (password.breached) {
        findings.push_back({.kind = Kind::PasswordBreached});
    }
    if (password.easy_to_guess) {
        findings.push_back({.kind = Kind::PasswordWeak});
    }
    // Whoever has a graver reason to choose another hears of that alone.
    const bool graver = password.breached || password.easy_to_guess;
    if (!graver && facts.now - password.changed_at >= kPasswordOld) {
        findings.push_back({.kind = Kind::PasswordOld, .since = password.changed_at});
    }
}

void look_at_factors(const Facts& facts, std::vector<Finding>& findings)
{
    if (!facts.has_second_factor) {
        findings.push_back({.kind = Kind::SecondFactorMissing});
        return; // Backup codes come with it.
    }
    if (facts.codes_left == 0) {
        findings.push_back({.kind = Kind::BackupCodesMissing, .left = 0});
    } else if (facts.codes_suspended) {
        findings.push_back({.kind = Kind::BackupCodesSuspended, .left = facts.codes_left});
    } else if (facts.codes_left <= kCodesFew) {
        findings.push_back({.kind = Kind::BackupCodesFew, .left = facts.codes_left});
    }
}

/// One finding for all that `is_one` says yes to.
template <class Item, class IsOne>
void gather(std::vector<Finding>& findings, Kind kind, const std::vector<Item>& items,
            IsOne&& is_one)
{
    Finding finding{.kind = kind};
    for (const Item& item : items) {
        if (is_one(item)) {
            finding.subjects.push_back(item.subject);
        }
    }
    if (!finding.subjects.empty()) {
        findings.push_back(std::move(finding));
    }
}

void look_at_tokens(const Facts& facts, std::vector<Finding>& findings)
{
    gather(findings, Kind::TokenSuspended, facts.tokens,
           [](const TokenFacts& token) { return token.suspended; });
    gather(findings, Kind::TokenUnused, facts.tokens,
           [](const TokenFacts& token) { return token.unused; });
    gather(findings, Kind::TokenWide, facts.tokens,
           [&facts](const TokenFacts& token) { return is_wider_than_its_use(token, facts); });
}

void look_at_ssh_keys(const Facts& facts, std::vector<Finding>& findings)
{
    const auto is_due = [&facts](const SshKeyFacts& key) {
        return !key.suspended && !is_unused(key, facts) && key.rotate_at &&
               *key.rotate_at <= facts.now;
    };
    gather(findings, Kind::SshKeyDue, facts.ssh_keys, is_due);
    gather(findings, Kind::SshKeySuspended, facts.ssh_keys,
           [](const SshKeyFacts& key) { return key.suspended; });
    gather(findings, Kind::SshKeyUnused, facts.ssh_keys,
           [&](const SshKeyFacts& key) { return is_unused(key, facts); });
    gather(findings, Kind::SshKeyOld, facts.ssh_keys, [&](const SshKeyFacts& key) {
        return !key.suspended && !is_due(key) && !is_unused(key, facts) &&
               facts.now - key.created_at >= kSshKeyOld;
    });
}

void look_at_addresses(const Facts& facts, std::vector<Finding>& findings)
{
    if (facts.email_unconfirmed) {
        findings.push_back({.kind = Kind::EmailUnconfirmed});
    }
    // NIST SP 800-63B-4 §4.6 wants two places that notices go to.
    if (facts.addresses < 2) {
        findings.push_back({.kind = Kind::AddressSingle});
    }
}

} // namespace

std::string_view text_of(Kind kind)
{
    switch (kind) {
    case Kind::PasswordBreached: return "password-breached";
    case Kind::SessionUnfamiliar: return "session-unfamiliar";
    case Kind::SecondFactorMissing: return "second-factor-missing";
    case Kind::PasswordWeak: return "password-weak";
    case Kind::BackupCodesMissing: return "backup-codes-missing";
    case Kind::BackupCodesSuspended: return "backup-codes-suspended";
    case Kind::BackupCodesFew: return "backup-codes-few";
    case Kind::TokenWide: return "token-wide";
    case Kind::TokenUnused: return "token-unused";
    case Kind::TokenSuspended: return "token-suspended";
    case Kind::SshKeyDue: return "ssh-key-due";
    case Kind::SshKeySuspended: return "ssh-key-suspended";
    case Kind::SshKeyUnused: return "ssh-key-unused";
    case Kind::EmailUnconfirmed: return "email-unconfirmed";
    case Kind::AddressSingle: return "address-single";
    case Kind::SshKeyOld: return "ssh-key-old";
    case Kind::PasswordOld: return "password-old";
    }
    std::abort();
}

std::string_view text_of(Severity severity)
{
    switch (severity) {
    case Severity::Urgent: return "urgent";
    case Severity::Important: return "important";
    case Severity::Advice: return "advice";
    }
    std::abort();
}

std::string_view text_of(Area area)
{
    switch (area) {
    case Area::Password: return "password";
    case Area::SecondFactor: return "second-factor";
    case Area::BackupCodes: return "backup-codes";
    case Area::Sessions: return "sessions";
    case Area::Tokens: return "tokens";
    case Area::SshKeys: return "ssh-keys";
    case Area::Addresses: return "addresses";
    }
    std::abort();
}

Severity severity_of(Kind kind)
{
    switch (kind) {
    case Kind::PasswordBreached:
    case Kind::SessionUnfamiliar:
    case Kind::SecondFactorMissing: return Severity::Urgent;
    case Kind::PasswordWeak:
    case Kind::BackupCodesMissing:
    case Kind::BackupCodesSuspended:
    case Kind::BackupCodesFew:
    case Kind::TokenWide:
    case Kind::TokenUnused:
    case Kind::TokenSuspended:
    case Kind::SshKeyDue:
    case Kind::SshKeySuspended:
    case Kind::SshKeyUnused: return Severity::Important;
    case Kind::EmailUnconfirmed:
    case Kind::AddressSingle:
    case Kind::SshKeyOld:
    case Kind::PasswordOld: return Severity::Advice;
    }
    std::abort();
}

Area area_of(Kind kind)
{
    switch (kind) {
    case Kind::PasswordBreached:
    case Kind::PasswordWeak:
    case Kind::PasswordOld: return Area::Password;
    case Kind::SecondFactorMissing: return Area::SecondFactor;
    case Kind::BackupCodesMissing:
    case Kind::BackupCodesSuspended:
    case Kind::BackupCodesFew: return Area::BackupCodes;
    case Kind::SessionUnfamiliar: return Area::Sessions;
    case Kind::TokenWide:
    case Kind::TokenUnused:
    case Kind::TokenSuspended: return Area::Tokens;
    case Kind::SshKeyDue:
    case Kind::SshKeySuspended:
    case Kind::SshKeyUnused:
    case Kind::SshKeyOld: return Area::SshKeys;
    case Kind::EmailUnconfirmed:
    case Kind::AddressSingle: return Area::Addresses;
    }
    std::abort();
}

std::string_view page_of(Area area)
{
    switch (area) {
    case Area::Password: return "/account/password";
    case Area::SecondFactor:
    case Area::BackupCodes: return "/account/two-factor";
    case Area::Sessions: return "/account/sessions";
    case Area::Tokens: return "/account/api-keys";
    case Area::SshKeys: return "/account/ssh-keys";
    case Area::Addresses: return "/account/addresses";
    }
    std::abort();
}

// Which permission a use was about is not kept, only whether it was one of this API or of the
// product: that much can be told.
bool is_wider_than_its_use(const TokenFacts& token, const Facts& facts)
{
    if (token.suspended || token.unused || facts.now - token.created_at < facts.watched_least) {
        return false;
    }
    if (token.account_reads + token.product_uses == 0) {
        return false; // It is new, or unused before long: then that is told.
    }
    return (token.has_product_rights && token.product_uses == 0) ||
           (token.has_product_rights && token.may_read_account && token.account_reads == 0);
}

// Where no server reports, a key may be in use every day: nothing is known, and nothing said.
bool is_unused(const SshKeyFacts& key, const Facts& facts)
{
    if (key.suspended || !facts.servers_since) {
        return false;
    }
    const Instant known =
        std::max({key.created_at, *facts.servers_since, key.last_used_at.value_or(Instant{})});
    return facts.now - known >= kSshKeyUnused;
}

bool is_unfamiliar(std::string_view country_code, const Facts& facts)
{
    if (country_code.empty() || facts.countries.empty()) {
        return false;
    }
    const CountryFacts& first = facts.countries.front();
    return std::ranges::any_of(facts.countries, [&](const CountryFacts& country) {
        return country.code == country_code && country.code != first.code &&
               facts.now - country.first_seen_at < kCountryNew;
    });
}

CheckUp look_at(const Facts& facts)
{
    CheckUp result;
    auto& findings = result.findings;
    if (facts.password) {
        look_at_password(facts, findings);
    }
    look_at_factors(facts, findings);
    gather(findings, Kind::SessionUnfamiliar, facts.sessions,
           [&facts](const SessionFacts& session) {
               return is_unfamiliar(session.country_code, facts);
           });
    look_at_tokens(facts, findings);
    look_at_ssh_keys(facts, findings);
    look_at_addresses(facts, findings);
    std::ranges::stable_sort(findings, {}, &Finding::kind);

    for (const Area area : kAreas) {
        const bool looked_at = (area != Area::Password || facts.password) &&
                               (area != Area::BackupCodes || facts.has_second_factor);
        const bool found = std::ranges::any_of(
            findings, [area](const Finding& finding) { return area_of(finding.kind) == area; });
        if (looked_at && !found) {
            result.in_order.push_back(area);
        }
    }
    return result;
}

} // namespace keystead::check_up
