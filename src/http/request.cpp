// http/request.cpp
#include "http/request.h"

#include <algorithm>
#include <cstdlib>

namespace keystead::http {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::optional<std::string_view> find_in(const Pairs& pairs, std::string_view name)
{
    const auto found = std::ranges::find(
        pairs, name, [](const auto& pair) { return std::string_view(pair.first); });
    if (found == pairs.end()) {
        return std::nullopt;
    }
    return found->second;
}

/// The member that validation has made sure of; null counts as absent.
const JsonValue* find_member(const JsonValue& value, std::string_view name)
{
    const JsonValue* member = value.find(name);
    return member == nullptr || member->is_null() ? nullptr : member;
}

} // namespace

std::string_view Body::text(std::string_view name) const
{
    const JsonValue* member = find_member(value_, name);
    KS_ASSERT(member != nullptr && member->kind() == JsonValue::Kind::String);
    return member->string();
}

std::optional<std::string_view> Body::optional_text(std::string_view name) const
{
    if (find_member(value_, name) == nullptr) {
        return std::nullopt;
    }
    return text(name);
}

Secret Body::secret(std::string_view name) const
{
    return Secret::copy_of(text(name));
}

bool Body::flag(std::string_view name, bool when_absent) const
{
    const JsonValue* member = find_member(value_, name);
    if (member == nullptr) {
        return when_absent;
    }
    KS_ASSERT(member->kind() == JsonValue::Kind::Boolean);
    return member->boolean();
}

std::int64_t Body::integer(std::string_view name) const
{
    const JsonValue* member = find_member(value_, name);
    KS_ASSERT(member != nullptr && member->kind() == JsonValue::Kind::Integer);
    return member->integer();
}

std::optional<std::int64_t> Body::optional_integer(std::string_view name) const
{
    if (find_member(value_, name) == nullptr) {
        return std::nullopt;
    }
    return integer(name);
}

std::string_view Request::path_parameter(std::string_view name) const
{
    const auto value = find_in(path_parameters, name);
    KS_ASSERT(value.has_value());
    return *value;
}

std::optional<std::string_view> Request::query(std::string_view name) const
{
    return find_in(query_parameters, name);
}

std::optional<std::string_view> Request::header(std::string_view lower_case_name) const
{
    return find_in(headers, lower_case_name);
}

std::optional<std::string_view> Request::cookie(std::string_view name) const
{
    return find_in(cookies, name);
}

ClientDescription Request::client_description() const
{
    constexpr std::size_t kBytesMax = 1024;
    const auto clipped = [&](std::string_view name) {
        return std::string(header(name).value_or(std::string_view{}).substr(0, kBytesMax));
    };
    return {.user_agent = clipped("user-agent"),
            .hint_brands = clipped("sec-ch-ua"),
            .hint_platform = clipped("sec-ch-ua-platform"),
            .hint_mobile = clipped("sec-ch-ua-mobile")};
}

Actor Request::actor() const
{
    Actor actor;
    switch (principal.kind) {
    case Principal::Kind::Nobody: break;
    case Principal::Kind::HalfSignedIn: // Not proven yet, so nobody; the event names the account as
                                        // its target.
        break;
    case Principal::Kind::Session:
        actor.kind = ActorKind::Account;
        actor.account = principal.account;
        actor.session = principal.session;
        break;
    case Principal::Kind::Token: // For its owner, in no session.
        actor.kind = ActorKind::Account;
        actor.account = principal.account;
        break;
    case Principal::Kind::Host:
    case Principal::Kind::Enrolment: // A machine, not a person: the event names it as its target.
        actor.kind = ActorKind::System;
        break;
    case Principal::Kind::ServiceClient:
        actor.kind = ActorKind::ServiceClient;
        actor.client = principal.client;
        break;
    }
    actor.ip = client_address;
    actor.request = id;
    actor.client_description = client_description();
    return actor;
}

} // namespace keystead::http
