#include "features/audit_search/filter_service.h"

#include "core/encoding.h"

#include <string>
#include <utility>

namespace keystead::audit_search {

namespace {

Error bad_filter(std::string detail)
{
    return {ErrorKind::InvalidInput, "audit-search/bad-filter", std::move(detail)};
}

Result<std::optional<audit::Outcome>> parse_outcome(std::optional<std::string_view> text)
{
    constexpr std::array<std::pair<std::string_view, audit::Outcome>, 3> kOutcomes{{
        {"ok", audit::Outcome::Ok},
        {"refused", audit::Outcome::Refused},
        {"failed", audit::Outcome::Failed},
    }};
    for (const auto& [word, outcome] : kOutcomes) {
        if (text == word) {
            return std::optional(outcome);
        }
    }
    return text ? Result<std::optional<audit::Outcome>>(
                      bad_filter("An outcome is ok, refused or failed."))
                : Result<std::optional<audit::Outcome>>(std::nullopt);
}

Result<std::optional<Instant>> parse_time(std::optional<std::string_view> text)
{
    const auto time = text ? parse_rfc3339(*text) : std::nullopt;
    if (text && !time) {
        return bad_filter("A time is written as RFC 3339 has it: 2026-11-22T06:00:00Z.");
    }
    return time;
}

} // namespace

Result<std::optional<AccountId>> FilterService::find_account(ReadTx& tx,
                                                             std::string_view text) const
{
    if (text.find('@') == std::string_view::npos) {
        return AccountId::parse(text);
    }
    const auto email = account::EmailAddress::parse(text, "/account");
    if (!email) {
        return std::optional<AccountId>{};
    }
    KS_TRY(const auto found, accounts_.find_by_email(tx, *email));
    return found ? std::optional(found->id) : std::nullopt;
}

Result<ActorFilter> FilterService::parse_actor_or_address(ReadTx& tx, std::string_view text) const
{
    if (const auto actor = parse_actor(text)) {
        return *actor;
    }
    KS_TRY(const auto account, find_account(tx, text));
    if (!account) {
        return bad_filter("No account is called so, and no other actor.");
    }
    return ActorFilter{ActorKind::Account, account->bytes()};
}

Result<Filter> FilterService::parse(ReadTx& tx, Lookup lookup) const
{
    Filter filter;
    filter.action = lookup("action").value_or("");
    filter.target = lookup("target").value_or("");
    KS_TRY(filter.outcome, parse_outcome(lookup("outcome")));
    KS_TRY(filter.from, parse_time(lookup("from")));
    KS_TRY(filter.before, parse_time(lookup("before")));
    if (const auto text = lookup("actor")) {
        KS_TRY(filter.actor, parse_actor_or_address(tx, *text));
    }
    if (const auto text = lookup("account")) {
        KS_TRY(filter.account, find_account(tx, *text));
        if (!filter.account) {
            return bad_filter("No account is called so.");
        }
    }
    if (const auto text = lookup("ip")) {
        const auto ip = IpAddress::parse(*text);
        if (!ip) {
            return bad_filter("That is not an IP address.");
        }
        filter.ip = reader_.digest_of(*ip);
    }
    if (const auto text = lookup("text")) {
        filter.words = words_of(*text);
        if (filter.words.empty()) {
            return bad_filter("The text holds no word.");
        }
    }
    return filter;
}

} // namespace keystead::audit_search
