#include "app/api_setting_keys.h"

#include "app/setting_types.h"
#include "core/encoding.h"

#include <algorithm>
#include <array>

namespace keystead::app {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

constexpr std::int64_t kQuotaMax = 1'000'000;

bool is_permission_name(std::string_view text)
{
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    return !text.empty() && text.size() <= 64 && text.front() >= 'a' && text.front() <= 'z' &&
           std::ranges::all_of(text, fits);
}

template <class Member>
SettingKey permissions_key(std::string_view name, Member member, std::string_view words)
{
    const auto fault_of = [](std::string_view item) -> std::string_view {
        return is_permission_name(item) ? "" : "is no name of a permission";
    };
    return texts_key(name, "list of permissions", member, fault_of, words);
}

/// As curl has it (--pinnedpubkey): SHA-256 of a key's SubjectPublicKeyInfo.
bool is_pin(std::string_view text)
{
    constexpr std::string_view kLead = "sha256//";
    const auto digest = base64_decode(text.substr(std::min(kLead.size(), text.size())));
    return text.starts_with(kLead) && digest && digest->size() == sizeof(Digest);
}

template <class Member>
SettingKey pins_key(std::string_view name, Member member, std::string_view words)
{
    const auto fault_of = [](std::string_view item) -> std::string_view {
        return is_pin(item) ? "" : "is not \"sha256//\" and a SHA-256 in base64";
    };
    return texts_key(name, "list of \"sha256//base64\"", member, fault_of, words);
}

SettingKey catalogue_key()
{
    SettingKey key{"permission.catalogue",
                   "list of \"name: words\"",
                   "The rights of the product that tokens and roles are made of, as \"name: words "
                   "for people\"; at most 60.",
                   {},
                   {},
                   {}};
    key.apply = [](Settings& settings, const SettingValue& value) -> std::string {
        std::vector<NamedPermission> catalogue;
        for (const auto& item : list_of(value)) {
            const std::size_t colon = item.find(": ");
            NamedPermission one{item.substr(0, colon), {}};
            if (colon != std::string::npos) {
                one.words = item.substr(colon + 2);
            }
            if (!is_permission_name(one.name) || one.words.empty() || one.words.size() > 200) {
                return quoted(item) + " is not like \"view-logs: View logs\"";
            }
            catalogue.push_back(std::move(one));
        }
        settings.permission.catalogue = std::move(catalogue);
        return {};
    };
    key.show = [](const Settings& settings) {
        std::string out;
        for (const auto& one : settings.permission.catalogue) {
            out += (out.empty() ? "" : ", ") + quoted(one.name + ": " + one.words);
        }
        return "[" + out + "]";
    };
    return key;
}

} // namespace

std::vector<SettingKey> limits_keys()
{
    std::vector<SettingKey> keys;
    keys.push_back(number_key(
        "limits.sensitive_per_minute",
        [](auto& s) -> auto& { return s.limits.account.sensitive_per_minute; }, 1, kQuotaMax,
        "Requests a minute that guess or send mail, of one account or service client."));
    keys.push_back(number_key(
        "limits.write_per_minute",
        [](auto& s) -> auto& { return s.limits.account.write_per_minute; }, 1, kQuotaMax,
        "Requests a minute that change something, of one account or service client."));
    keys.push_back(number_key(
        "limits.read_per_minute", [](auto& s) -> auto& { return s.limits.account.read_per_minute; },
        1, kQuotaMax, "Requests a minute that read, of one account or service client."));
    keys.push_back(number_key(
        "limits.token_sensitive_per_minute",
        [](auto& s) -> auto& { return s.limits.token.sensitive_per_minute; }, 1, kQuotaMax,
        "Requests a minute that guess or send mail, of one API token."));
    keys.push_back(number_key(
        "limits.token_write_per_minute",
        [](auto& s) -> auto& { return s.limits.token.write_per_minute; }, 1, kQuotaMax,
        "Requests a minute that change something, of one API token."));
    keys.push_back(number_key(
        "limits.token_read_per_minute",
        [](auto& s) -> auto& { return s.limits.token.read_per_minute; }, 1, kQuotaMax,
        "Requests a minute that read, of one API token."));
    keys.push_back(number_key(
        "limits.address_sensitive_per_minute",
        [](auto& s) -> auto& { return s.limits.address.sensitive_per_minute; }, 1, kQuotaMax,
        "Requests a minute that guess or send mail, from one address (IPv6: one /64)."));
    keys.push_back(number_key(
        "limits.address_write_per_minute",
        [](auto& s) -> auto& { return s.limits.address.write_per_minute; }, 1, kQuotaMax,
        "Requests a minute that change something, from one address (IPv6: one /64)."));
    keys.push_back(number_key(
        "limits.address_read_per_minute",
        [](auto& s) -> auto& { return s.limits.address.read_per_minute; }, 1, kQuotaMax,
        "Requests a minute that read, from one address (IPv6: one /64)."));
    return keys;
}

std::vector<SettingKey> permission_keys()
{
    std::vector<SettingKey> keys;
    keys.push_back(catalogue_key());
    keys.push_back(text_key(
        "permission.full_access", [](auto& s) -> auto& { return s.permission.full_access; },
        "The permission that contains all others; empty: none does."));
    return keys;
}

std::vector<SettingKey> api_token_keys()
{
    std::vector<SettingKey> keys;
    keys.push_back(number_key(
        "api_token.at_most", [](auto& s) -> auto& { return s.api_token.at_most; }, 0, 1000,
        "API tokens an account."));
    keys.push_back(duration_key(
        "api_token.lifetime", [](auto& s) -> auto& { return s.api_token.lifetime; },
        {days{1}, days{3650}}, "How long a token works unless its owner chooses otherwise."));
    keys.push_back(optional_duration_key(
        "api_token.lifetime_max", [](auto& s) -> auto& { return s.api_token.lifetime_max; },
        {days{1}, days{3650}}, "The longest that can be chosen; none: also tokens without end."));
    keys.push_back(duration_key(
        "api_token.rotation_overlap", [](auto& s) -> auto& { return s.api_token.rotation_overlap; },
        {seconds{0}, days{30}},
        "How long the old secret works beside the new one unless the owner chooses otherwise."));
    keys.push_back(duration_key(
        "api_token.unused_after", [](auto& s) -> auto& { return s.api_token.unused_after; },
        {days{1}, days{3650}}, "A token unused for so long is pointed out."));
    keys.push_back(permissions_key(
        "api_token.read_only", [](auto& s) -> auto& { return s.api_token.read_only; },
        "What a token of the kind \"read-only\" may do; empty: the kind is not offered."));
    keys.push_back(permissions_key(
        "api_token.deploy", [](auto& s) -> auto& { return s.api_token.deploy; },
        "What a token of the kind \"deploy\" may do; empty: the kind is not offered."));
    keys.push_back(permissions_key(
        "api_token.admin", [](auto& s) -> auto& { return s.api_token.admin; },
        "What a token of the kind \"admin\" may do; empty: the kind is not offered."));
    keys.push_back(number_key(
        "api_token.cache_entries_max",
        [](auto& s) -> auto& { return s.api_token.cache_entries_max; }, 1000, 100000000,
        "Tokens kept in memory for fast checks."));
    return keys;
}

std::vector<SettingKey> ssh_key_keys()
{
    std::vector<SettingKey> keys;
    keys.push_back(number_key(
        "ssh_key.at_most", [](auto& s) -> auto& { return s.ssh_key.at_most; }, 0, 1000,
        "SSH keys an account; one that another replaces is not counted."));
    keys.push_back(optional_duration_key(
        "ssh_key.reminder", [](auto& s) -> auto& { return s.ssh_key.reminder; },
        {days{1}, days{3650}},
        "How old an SSH key is when its owner is asked to rotate it; asked again after as long."));
    keys.push_back(duration_key(
        "ssh_key.rotation_overlap", [](auto& s) -> auto& { return s.ssh_key.rotation_overlap; },
        {seconds{0}, days{30}},
        "How long an SSH key that another replaces stays valid, unless set at rotation."));
    return keys;
}

std::vector<SettingKey> host_keys()
{
    std::vector<SettingKey> keys;
    keys.push_back(number_key(
        "host.at_most", [](auto& s) -> auto& { return s.host.at_most; }, 0, 10000,
        "Servers an account whose logins follow its SSH keys; 0: none, and no API for them."));
    keys.push_back(duration_key(
        "host.enrolment_lifetime", [](auto& s) -> auto& { return s.host.enrolment_lifetime; },
        {minutes{5}, days{30}}, "How long the token works with which a server is enrolled."));
    keys.push_back(flag_key(
        "host.end_sessions", [](auto& s) -> auto& { return s.host.end_sessions; },
        "Servers end the open SSH sessions of a key that was revoked."));
    keys.push_back(pins_key(
        "host.pins", [](auto& s) -> auto& { return s.host.pins; },
        "Public keys that servers trust beside that of server.tls_certificate: of a proxy that "
        "ends "
        "TLS, or of the next certificate."));
    keys.push_back(text_key(
        "host.permission", [](auto& s) -> auto& { return s.host.permission; },
        "The permission with which an API token manages its owner's servers; empty: none does."));
    return keys;
}

} // namespace keystead::app
