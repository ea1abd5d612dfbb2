#include "app/security_txt.h"

#include "core/encoding.h"

#include <algorithm>
#include <cstdio>
#include <memory>

namespace keystead::app {
namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr std::size_t kFileBytesMax = 32 * 1024; // RFC 9116 §5.6: readers may stop there
constexpr days kSoon{30};
constexpr days kFarOff{366}; // RFC 9116 §2.5.5: "less than a year into the future"

// OpenPGP's cleartext signature framework, RFC 9580 §7.
constexpr std::string_view kSignedMessage = "-----BEGIN PGP SIGNED MESSAGE-----";
constexpr std::string_view kSignature = "-----BEGIN PGP SIGNATURE-----";
constexpr std::string_view kSignatureEnd = "-----END PGP SIGNATURE-----";

using Lines = std::vector<std::string_view>;

char small(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
char large(char c)
{
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
bool is_letter(char c)
{
    return small(c) >= 'a' && small(c) <= 'z';
}
bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

Error malformed(std::string detail)
{
    return {ErrorKind::InvalidInput, "security-txt/malformed", std::move(detail)};
}

/// An address as the path of a mailto: URI, a subject as its query (RFC 6068 §2).
std::string percent_encoded(std::string_view text)
{
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain =
            is_letter(c) || is_digit(c) || std::string_view("-._~@+").find(c) != std::string::npos;
        if (plain) {
            out += c;
        } else {
            out += {'%', kHex[byte >> 4U], kHex[byte & 0xFU]};
        }
    }
    return out;
}

std::string contact_uri(std::string_view contact, std::string_view subject)
{
    if (contact.find(':') != std::string_view::npos) {
        return std::string(contact);
    }
    return "mailto:" + percent_encoded(contact) +
           (subject.empty() ? "" : "?subject=" + percent_encoded(subject));
}

/// "24 hours", "3 days"; parts of an hour count as one, so that no less is promised than was set.
std::string words_of(std::chrono::seconds duration)
{
    const bool whole_days = duration % days{1} == std::chrono::seconds{0} && duration > days{1};
    const auto count = whole_days ? duration / days{1} : std::chrono::ceil<hours>(duration).count();
    return std::to_string(count) + (whole_days ? " day" : " hour") + (count == 1 ? "" : "s");
}

/// Without their ends: *WSP [CR] LF (RFC 9116 §4).
Lines lines_of(std::string_view text)
{
    Lines lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        lines.push_back(line.substr(0, line.find_last_not_of(" \t\r") + 1));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

/// The lines that were signed, out of those of the whole file.
Result<Lines> signed_lines(const Lines& all)
{
    auto line = all.begin() + 1;
    while (line != all.end() && line->starts_with("Hash: ")) {
        ++line;
    }
    if (line == all.end() || !line->empty()) {
        return malformed("An empty line is missing before the text that was signed.");
    }
    Lines lines;
    for (++line; line != all.end() && *line != kSignature; ++line) {
        if (line->starts_with('-') && !line->starts_with("- ")) {
            return malformed("A signed line begins with a dash that is not escaped.");
        }
        lines.push_back(line->starts_with("- ") ? line->substr(2) : *line);
    }
    const auto end = std::find(line, all.end(), kSignatureEnd);
    const auto is_empty = [](std::string_view text) { return text.empty(); };
    if (line == all.end() || end == all.end() || !std::all_of(end + 1, all.end(), is_empty)) {
        return malformed("The signature is missing, or text stands behind it.");
    }
    // Where a key that was to stay private would stand.
    if (std::any_of(line + 1, end, [](std::string_view text) { return text.starts_with('-'); })) {
        return malformed("There is something else beside the signature.");
    }
    return lines;
}

bool is_field_name(std::string_view name)
{
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return is_letter(c) || is_digit(c) || c == '-' || c == '_';
    });
}

bool is_uri_field(std::string_view name)
{
    constexpr std::string_view kNames[] = {"contact",   "encryption", "acknowledgments",
                                           "canonical", "policy",     "hiring"};
    return std::ranges::find(kNames, name) != std::end(kNames);
}

Result<void> take_field(SecurityTxt& out, std::string_view line)
{
    const std::size_t colon = line.find(": ");
    std::string name(line.substr(0, colon));
    if (colon == std::string_view::npos || !is_field_name(name)) {
        return malformed("A line is neither empty, nor a comment, nor like \"Name: value\".");
    }
    std::ranges::transform(name, name.begin(), small);
    std::string_view value = line.substr(colon + 2);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    if (is_uri_field(name) && !is_field_uri(value)) {
        return malformed("The field " + name + " wants a URI like https:… or mailto:…, not http:.");
    }
    if ((name == "expires" || name == "preferred-languages") && out.has(name)) {
        return malformed("The field " + name + " stands there twice.");
    }
    if (name == "expires") {
        const auto expires = value.size() > 10 ? parse_expiry(value) : std::nullopt;
        if (!expires) {
            return malformed("Expires must look like 2027-06-30T00:00:00Z.");
        }
        out.expires = *expires;
    }
    out.fields.emplace_back(std::move(name), value);
    return {};
}

/// Nothing when it cannot be read, or is longer than a security.txt may be.
std::optional<std::string> file_text(const std::string& path)
{
    const auto closing = [](std::FILE* file) { std::fclose(file); };
    const std::unique_ptr<std::FILE, decltype(closing)> file(std::fopen(path.c_str(), "re"),
                                                             closing);
    std::string text(kFileBytesMax + 1, '\0');
    const std::size_t size = file ? std::fread(text.data(), 1, text.size(), file.get()) : 0;
    if (!file || std::ferror(file.get()) != 0 || size > kFileBytesMax) {
        return std::nullopt;
    }
    text.resize(size);
    return text;
}

std::string canonical_url(const Settings& settings)
{
    return settings.server.base_url + std::string(kSecurityTxtPath);
}

} // namespace

bool is_field_uri(std::string_view text)
{
    const std::size_t colon = text.find(':');
    std::string scheme(text.substr(0, colon));
    std::ranges::transform(scheme, scheme.begin(), small);
    const auto of_scheme = [](char c) {
        return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; // RFC 3986 §3.1
    };
    const auto is_plain = [](char c) {
        return c > ' ' && c < 0x7F &&
               std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
    };
    return colon != std::string_view::npos && colon + 1 < text.size() && !scheme.empty() &&
           is_letter(scheme.front()) && std::ranges::all_of(scheme, of_scheme) &&
           scheme != "http" && std::ranges::all_of(text, is_plain);
}

std::optional<Instant> parse_expiry(std::string_view text)
{
    std::string time(text);
    std::ranges::transform(time, time.begin(), large); // RFC 3339 §5.6: "t" and "z" may be small
    return parse_rfc3339(text.size() == 10 ? time + "T23:59:59Z" : time);
}

bool SecurityTxt::has(std::string_view name) const
{
    return std::ranges::any_of(fields, [name](const auto& field) { return field.first == name; });
}

std::optional<std::string> make_security_txt(const Settings& settings)
{
    const SecurityTxtSettings& from = settings.security_txt;
    if (from.contact.empty()) {
        return std::nullopt;
    }
    std::string out;
    if (from.acknowledge_within) {
        out += "# We acknowledge each report within " + words_of(*from.acknowledge_within) + ".\n";
    }
    const auto add = [&out](std::string_view name, std::string_view value) {
        if (!value.empty()) {
            out.append(name).append(": ").append(value).append("\n");
        }
    };
    for (const std::string& contact : from.contact) {
        add("Contact", contact_uri(contact, from.subject));
    }
    if (const auto expires = parse_expiry(from.expires)) {
        add("Expires", rfc3339(*expires).substr(0, 19) + "Z"); // without parts of a second
    }
    add("Encryption", from.encryption);
    add("Acknowledgments", from.acknowledgments);
    std::string languages;
    for (const std::string& language : from.preferred_languages) {
        languages += (languages.empty() ? "" : ", ") + language;
    }
    add("Preferred-Languages", languages);
    if (const std::string url = canonical_url(settings); is_field_uri(url)) {
        add("Canonical", url);
    }
    add("Policy", from.policy);
    add("Hiring", from.hiring);
    return out;
}

Result<SecurityTxt> read_security_txt(std::string_view text)
{
    const auto is_strange = [](char c) {
        return (static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\r' && c != '\t') ||
               c == 0x7F;
    };
    if (!is_valid_utf8(text) || std::ranges::any_of(text, is_strange)) {
        return malformed("It is not text in UTF-8.");
    }
    SecurityTxt out;
    Lines lines = lines_of(text);
    if (!lines.empty() && lines.front() == kSignedMessage) {
        out.signature = SecurityTxt::Signature::Present;
        KS_TRY(lines, signed_lines(lines));
    }
    for (const std::string_view line : lines) {
        if (!line.empty() && !line.starts_with('#')) {
            KS_CHECK(take_field(out, line));
        }
    }
    for (const std::string_view demanded : {"contact", "expires"}) {
        if (!out.has(demanded)) {
            return malformed("The field " + std::string(demanded) + " is missing.");
        }
    }
    return out;
}

Result<std::optional<std::string>> load_security_txt(const Settings& settings)
{
    const std::string& path = settings.security_txt.file;
    if (path.empty()) {
        return make_security_txt(settings);
    }
    auto text = file_text(path);
    const auto read = text ? read_security_txt(*text)
                           : Result<SecurityTxt>(malformed("It cannot be read, or is too long."));
    if (!read) {
        return Error{ErrorKind::InvalidInput, "settings/security-txt",
                     "security_txt.file, " + path + ": " + read.error().detail};
    }
    return text;
}

std::vector<std::string> security_txt_faults(const Settings& settings, const SecurityTxt& served,
                                             Instant now)
{
    std::vector<std::string> faults;
    if (now >= served.expires) {
        faults.emplace_back("It has expired: nobody may rely on it (RFC 9116 §2.5.5).");
    } else if (served.expires - now < kSoon) {
        faults.emplace_back("It expires in less than 30 days: see whether it is still right, and "
                            "name a later day.");
    } else if (served.expires - now > kFarOff) {
        faults.emplace_back("It expires in more than a year; name a day before that.");
    }
    if (!served.has("policy")) {
        faults.emplace_back("It names no policy: what may be tested, and when a finding may be "
                            "published.");
    }
    const std::string url = canonical_url(settings);
    const std::pair<std::string, std::string> canonical{"canonical", url};
    if (is_field_uri(url) && std::ranges::find(served.fields, canonical) == served.fields.end()) {
        faults.push_back("It does not name its place: Canonical: " + url);
    }
    const auto wanted = make_security_txt(settings);
    const auto read = read_security_txt(wanted.value_or(""));
    if (read && read->fields != served.fields) {
        faults.emplace_back("The file says other things than the settings: print it anew with "
                            "`keystead security-txt`, and sign that.");
    }
    return faults;
}

} // namespace keystead::app
