#include "app/event_setting_keys.h"

#include "app/setting_types.h"
#include "core/notice_kind.h"

#include <algorithm>
#include <array>

namespace keystead::app {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::array<std::string_view, 40> kOwnWords = {
    "account",  "address",  "attempt_budget", "audit",  "backup",       "backup_code", "check-up",
    "client",   "clock",    "credential",     "factor", "factor-reset", "host",        "incident",
    "keystead", "limit",    "link",           "node",   "passkey",      "password",    "permission",
    "posture",  "provider", "product_event",  "rental", "recovery",     "role",        "scan",
    "secret",   "server",   "session",        "set-up", "sign-in",      "sign-up",     "ssh_key",
    "step-up",  "team",     "token",          "totp",   "webhook"};

template <class Member>
SettingKey kinds_key(std::string_view name, Member member, std::string_view words)
{
    std::string listed;
    for (const auto kind : kOptionalNotices) {
        listed += (listed.empty() ? "" : ", ") + quoted(name_of(kind));
    }
    const auto fault_of = [listed](std::string_view item) {
        return optional_notice_from(item) ? "" : "is none of " + listed;
    };
    return texts_key(name, "list of " + listed, member, fault_of, words);
}

SettingKey namespace_key()
{
    SettingKey key = text_key(
        "product_event.namespace", [](auto& s) -> auto& { return s.product_event.type_namespace; },
        "The word that types of the product's events begin with, as in \"product.order.placed\".");
    key.type = "word";
    key.apply = [](Settings& settings, const SettingValue& value) -> std::string {
        const std::string* const text = text_of(value);
        if (std::string fault = namespace_fault(text != nullptr ? *text : ""); !fault.empty()) {
            return fault;
        }
        settings.product_event.type_namespace = *text;
        return {};
    };
    return key;
}

} // namespace

std::string namespace_fault(std::string_view word)
{
    constexpr std::size_t kWordMax = 32;
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    if (word.empty() || word.size() > kWordMax || word.front() < 'a' || word.front() > 'z' ||
        !std::ranges::all_of(word, fits)) {
        return "must be one word of at most 32 small letters, digits, _ and -";
    }
    if (std::ranges::find(kOwnWords, word) != kOwnWords.end()) {
        return "must not be a word that Keystead's own events begin with";
    }
    return {};
}

std::vector<SettingKey> product_event_keys()
{
    std::vector<SettingKey> keys;
    keys.push_back(namespace_key());
    keys.push_back(names_key(
        "product_event.link_hosts", [](auto& s) -> auto& { return s.product_event.link_hosts; },
        "Hosts that links of the product's events may lead to by https, beside the base URL's own "
        "origin."));
    return keys;
}

std::vector<SettingKey> notice_keys()
{
    std::vector<SettingKey> keys;
    keys.push_back(kinds_key(
        "notice.optional", [](auto& s) -> auto& { return s.notice.optional; },
        "Notices by mail that an account may switch off; all others it always gets."));
    keys.push_back(kinds_key(
        "notice.off_by_default", [](auto& s) -> auto& { return s.notice.off_by_default; },
        "Those of them that are off until an account switches them on."));
    keys.push_back(number_key(
        "notice.failures_told", [](auto& s) -> auto& { return s.notice.failures_told; }, 1, 100,
        "Refused attempts in a row before a sign-in that its owner is told of."));
    keys.push_back(duration_key(
        "notice.merge", [](auto& s) -> auto& { return s.notice.merge; }, {minutes{5}, hours{24}},
        "How long no second notice says that wrong codes follow the right password."));
    return keys;
}

} // namespace keystead::app
