#include "app/site_setting_keys.h"

#include "app/security_txt.h"
#include "app/setting_types.h"

#include <algorithm>

namespace keystead::app {
namespace {

using std::chrono::days;
using std::chrono::hours;

bool is_contact(std::string_view text)
{
    return text.find(':') == std::string_view::npos ? is_mail_address(text) : is_field_uri(text);
}

/// By form alone (RFC 5646 §2.1): letters and digits in groups of at most eight.
bool is_language(std::string_view text)
{
    std::size_t group = 0;
    for (const char c : text) {
        const bool fits =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (c == '-' ? group == 0 : !fits || group == 8) {
            return false;
        }
        group = c == '-' ? 0 : group + 1;
    }
    return group > 0 && text.size() <= 35;
}

bool is_web_page(std::string_view text)
{
    return text.starts_with("https://") && is_field_uri(text);
}

/// An item's form, and what is said of one that has another.
struct Form {
    bool (*fits)(std::string_view text);
    std::string_view fault;
};

template <class Member>
SettingKey list_key(std::string_view name, std::string type, Member member, Form form,
                    std::string_view words)
{
    const auto fault_of = [form](std::string_view item) {
        return form.fits(item) ? std::string_view{} : form.fault;
    };
    return texts_key(name, std::move(type), member, fault_of, words);
}

template <class Member>
SettingKey formed_key(std::string_view name, std::string type, Member member, Form form,
                      std::string_view words)
{
    SettingKey key = text_key(name, member, words);
    key.type = std::move(type);
    key.apply = [member, form](Settings& settings, const SettingValue& value) -> std::string {
        const std::string* const text = text_of(value);
        if (text == nullptr || !(text->empty() || form.fits(*text))) {
            return std::string(form.fault);
        }
        member(settings) = *text;
        return {};
    };
    return key;
}

constexpr Form kContact{is_contact,
                        "is neither a mail address nor a URI like https:… or tel:…, not http:"};
constexpr Form kLanguage{is_language, "is no language tag like \"en\" or \"pt-BR\""};
constexpr Form kWebPage{is_web_page, "must begin with https://"};
constexpr Form kUri{is_field_uri, "must be a URI like https:… or openpgp4fpr:…, not http:"};
constexpr Form kExpiry{[](std::string_view text) { return parse_expiry(text).has_value(); },
                       "must be a day like \"2027-06-30\", or a time like "
                       "\"2027-06-30T12:00:00Z\""};
constexpr Form kPath{[](std::string_view text) {
                         return text.starts_with('/') && !text.ends_with('/') &&
                                text_fault(text).empty();
                     },
                     "must be the absolute path of a file"};

} // namespace

std::vector<SettingKey> security_txt_keys()
{
    std::vector<SettingKey> keys;
    keys.push_back(list_key(
        "security_txt.contact", "list of mail addresses and URIs",
        [](auto& s) -> auto& { return s.security_txt.contact; }, kContact,
        "Where vulnerabilities are reported, best first; empty: there is no security.txt."));
    keys.push_back(text_key(
        "security_txt.subject", [](auto& s) -> auto& { return s.security_txt.subject; },
        "Subject of mails to those of them that are mail addresses; empty: none."));
    keys.push_back(optional_duration_key(
        "security_txt.acknowledge_within",
        [](auto& s) -> auto& { return s.security_txt.acknowledge_within; }, {hours{1}, days{30}},
        "How soon you promise to acknowledge a report; none: nothing is promised."));
    keys.push_back(formed_key(
        "security_txt.expires", "day, or time in UTC",
        [](auto& s) -> auto& { return s.security_txt.expires; }, kExpiry,
        "Until when you vouch for it, less than a year from now. Goes with contact."));
    keys.push_back(formed_key(
        "security_txt.policy", "https address",
        [](auto& s) -> auto& { return s.security_txt.policy; }, kWebPage,
        "Page with your disclosure policy."));
    keys.push_back(formed_key(
        "security_txt.encryption", "URI",
        [](auto& s) -> auto& { return s.security_txt.encryption; }, kUri,
        "Where the key is that reports can be encrypted with."));
    keys.push_back(formed_key(
        "security_txt.acknowledgments", "https address",
        [](auto& s) -> auto& { return s.security_txt.acknowledgments; }, kWebPage,
        "Page that thanks those who reported something."));
    keys.push_back(formed_key(
        "security_txt.hiring", "https address",
        [](auto& s) -> auto& { return s.security_txt.hiring; }, kWebPage,
        "Page with your vacancies in security."));
    keys.push_back(list_key(
        "security_txt.preferred_languages", "list of language tags",
        [](auto& s) -> auto& { return s.security_txt.preferred_languages; }, kLanguage,
        "Languages in which you can be written to, such as \"en\"."));
    keys.push_back(formed_key(
        "security_txt.file", "path", [](auto& s) -> auto& { return s.security_txt.file; }, kPath,
        "File that is served as it is, such as a signed one; empty: what the other keys make."));
    return keys;
}

} // namespace keystead::app
