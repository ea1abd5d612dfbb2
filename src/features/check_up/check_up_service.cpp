#include "features/check_up/check_up_service.h"

#include "features/place/place_service.h"

#include <algorithm>
#include <string>
#include <utility>

namespace keystead::check_up {

Result<CheckUp> CheckUpService::look(ReadTx& tx, AccountId account, SessionId asks)
{
    Facts facts{.now = p_.clock.now()};
    KS_CHECK(add_password(tx, account, facts));
    KS_CHECK(add_factors(tx, account, facts));
    KS_CHECK(add_sessions(tx, account, asks, facts));
    KS_CHECK(add_tokens(tx, account, facts));
    KS_CHECK(add_ssh_keys(tx, account, facts));
    KS_CHECK(add_addresses(tx, account, facts));
    return look_at(facts);
}

Result<void> CheckUpService::add_password(ReadTx& tx, AccountId account, Facts& facts)
{
    KS_TRY(const auto stored, p_.passwords.find(tx, account));
    if (stored) {
        // One that does not open any more is no reason to tell nothing of the rest.
        const auto kept = p_.assessments.faults_of(*stored);
        const password::Faults faults = kept ? *kept : password::Faults{};
        facts.password = {.changed_at = stored->changed_at,
                          .easy_to_guess = faults.easy_to_guess,
                          .breached = faults.breached};
    }
    return {};
}

Result<void> CheckUpService::add_factors(ReadTx& tx, AccountId account, Facts& facts)
{
    KS_TRY(facts.has_second_factor, p_.totp.has_confirmed(tx, account));
    KS_TRY(const auto codes, p_.backup_codes.status(tx, account));
    facts.codes_left = codes.remaining;
    facts.codes_suspended = codes.suspended;
    return {};
}

Result<void> CheckUpService::add_sessions(ReadTx& tx, AccountId account, SessionId asks,
                                          Facts& facts)
{
    KS_TRY(const auto countries, p_.known_devices.list_countries(tx, account));
    for (const auto& country : countries) {
        facts.countries.push_back({country.code, country.first_seen_at});
    }
    KS_TRY(const auto sessions, p_.sessions.list(tx, account));
    for (const auto& session : sessions) {
        if (session.id == asks) {
            continue;
        }
        const std::string& code = session.origin.country_code;
        facts.sessions.push_back(
            {.subject = {session.id.text(), std::string(place::country_name(code).value_or(code))},
             .country_code = code});
    }
    return {};
}

Result<void> CheckUpService::add_tokens(ReadTx& tx, AccountId account, Facts& facts)
{
    facts.watched_least = p_.token_settings.unused_after;
    KS_TRY(const auto tokens, p_.tokens.list(tx, account));
    KS_TRY(const auto usage, p_.token_usage.usage(tx, account));
    for (const auto& listed : tokens) {
        const auto& token = listed.token;
        const auto state = token.state(facts.now);
        if (state == api_token::State::Expired) {
            continue;
        }
        const auto rights = p_.permissions.effective(token.permissions);
        TokenFacts fact{.subject = {token.id.text(), token.name},
                        .created_at = token.created_at,
                        .suspended = state == api_token::State::Suspended,
                        .unused = p_.token_usage.is_unused(listed),
                        .may_read_account = rights.has(kReadAccount),
                        .has_product_rights = !PermissionSet{}.with(kReadAccount).contains(rights)};
        if (const auto used = usage.find(token.id); used != usage.end()) {
            for (const auto& day : used->second.days) {
                fact.account_reads += day[std::to_underlying(TokenUse::Api)];
                fact.product_uses += day[std::to_underlying(TokenUse::Check)] +
                                     day[std::to_underlying(TokenUse::Introspection)];
            }
        }
        facts.tokens.push_back(std::move(fact));
    }
    return {};
}

Result<void> CheckUpService::add_ssh_keys(ReadTx& tx, AccountId account, Facts& facts)
{
    KS_TRY(facts.servers_since, p_.servers_since(tx, account));
    KS_TRY(const auto keys, p_.ssh_keys.list(tx, account));
    for (const auto& key : keys) {
        if (key.ends_at) {
            continue;
        }
        SshKeyFacts fact{.subject = {key.id.text(), key.name},
                         .created_at = key.created_at,
                         .suspended = key.suspended_at.has_value(),
                         .last_used_at = key.last_used_at};
        if (p_.ssh_key_settings.reminder) {
            fact.rotate_at = key.created_at + *p_.ssh_key_settings.reminder;
        }
        facts.ssh_keys.push_back(std::move(fact));
    }
    return {};
}

Result<void> CheckUpService::add_addresses(ReadTx& tx, AccountId account, Facts& facts)
{
    KS_TRY(const auto owner, p_.accounts.load(tx, account));
    facts.email_unconfirmed = owner.pending_email.has_value();
    KS_TRY(const auto addresses, p_.addresses.list(tx, account));
    facts.addresses =
        static_cast<std::size_t>(std::ranges::count_if(addresses, [](const auto& listed) {
            return listed.is_primary || listed.address.confirmed_at.has_value();
        }));
    return {};
}

} // namespace keystead::check_up
