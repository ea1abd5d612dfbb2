#include "features/notify/mail_message.h"

#include "core/encoding.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace keystead::notify {

namespace {

constexpr std::string_view kLineEnd = "\r\n";

bool is_control(char c)
{
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
bool is_continuation(char c)
{
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

/// Letters and what never means anything in a header.
bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' ||
           c == '-' || c == '_';
}

std::string_view domain_of(std::string_view address)
{
    return address.substr(address.rfind('@') + 1);
}

void append_part(std::string& mail, std::string_view boundary, std::string_view type,
                 std::string_view body)
{
    mail.append("--").append(boundary).append(kLineEnd);
    mail.append("Content-Type: ").append(type).append("; charset=utf-8").append(kLineEnd);
    mail.append("Content-Transfer-Encoding: quoted-printable").append(kLineEnd).append(kLineEnd);
    mail.append(quoted_printable(body)).append(kLineEnd);
}

} // namespace

bool is_mail_address(std::string_view address)
{
    const std::size_t at = address.find('@');
    return at != std::string_view::npos && at > 0 && at + 1 < address.size() &&
           address.find('@', at + 1) == std::string_view::npos && address.size() <= 254 &&
           is_valid_utf8(address) && std::ranges::none_of(address, [](char c) {
               return is_control(c) ||
                      std::string_view(" <>()[]\\,;:\"").find(c) != std::string_view::npos;
           });
}

std::string header_text(std::string_view text)
{
    std::string clean;
    std::ranges::copy_if(text, std::back_inserter(clean), [](char c) { return !is_control(c); });
    // RFC 2047 §2: an encoded word is at most 75 characters; 45 bytes make 60 of base64.
    constexpr std::size_t kWordBytes = 45;
    if (clean.size() <= kWordBytes && std::ranges::all_of(clean, is_plain)) {
        return clean;
    }
    std::string words;
    for (std::string_view rest = clean; !rest.empty();) {
        std::size_t size = std::min(kWordBytes, rest.size());
        while (size > 1 && size < rest.size() && is_continuation(rest[size])) {
            --size; // "Each encoded-word MUST represent an integral number of characters" (§5).
        }
        words += words.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?";
        words += base64_encode(as_bytes(rest.substr(0, size)));
        words += "?=";
        rest.remove_prefix(size);
    }
    return words;
}

std::string mail_date(Instant instant)
{
    static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(instant);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(instant - day));
    char text[48];
    std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d +0000",
                  kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                  kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text;
}

std::string quoted_printable(std::string_view text)
{
    constexpr std::size_t kLineMax = 76;
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    std::size_t column = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\n') {
            out += kLineEnd;
            column = 0;
            continue;
        }
        const bool at_line_end = i + 1 == text.size() || text[i + 1] == '\n';
        const bool literal = (c > ' ' && c < 0x7f && c != '=') || (c == ' ' && !at_line_end);
        // A dot alone on a line ends a mail in SMTP; a client stuffs it, ours never has to.
        const bool hidden_dot = c == '.' && column == 0;
        const std::size_t width = literal && !hidden_dot ? 1 : 3;
        if (column + width > kLineMax - 1) { // One column is for the soft line break.
            out += "=\r\n";
            column = 0;
        }
        if (width == 1) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '=';
            out += kHex[byte >> 4];
            out += kHex[byte & 0x0f];
        }
        column += width;
    }
    return out;
}

std::string escape_html(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        case '\'': out += "&#39;"; break;
        default: out += c;
        }
    }
    return out;
}

Result<std::string> compose(const Mail& mail)
{
    if (!is_mail_address(mail.to) || !is_mail_address(mail.from_address)) {
        return Error{.code = "notify/bad-address",
                     .cause = "an address that cannot stand in a mail's header"};
    }
    const std::string boundary =
        "=_keystead_" + mail.message_id; // "=_" never occurs in quoted-printable (RFC 2045 §6.7).
    std::string text;
    text.reserve(8 * (mail.text.size() + mail.html.size()) + 2048);
    const auto header = [&](std::string_view name, std::string_view value) {
        text.append(name).append(": ").append(value).append(kLineEnd);
    };
    header("Date", mail_date(mail.date));
    header("From", header_text(mail.from_name) + " <" + mail.from_address + ">");
    header("To", "<" + mail.to + ">");
    header("Subject", header_text(mail.subject));
    header("Message-ID",
           "<" + mail.message_id + "@" + std::string(domain_of(mail.from_address)) + ">");
    header("Auto-Submitted", "auto-generated"); // RFC 3834 §5: no automatic answer, please.
    header("MIME-Version", "1.0");
    header("Content-Type", "multipart/alternative; boundary=\"" + boundary + "\"");
    text += kLineEnd;
    append_part(text, boundary, "text/plain", mail.text);
    append_part(text, boundary, "text/html", mail.html);
    text.append("--").append(boundary).append("--").append(kLineEnd);
    return text;
}

} // namespace keystead::notify
