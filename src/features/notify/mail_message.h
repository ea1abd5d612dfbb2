// features/notify/mail_message.h
//
// One mail as text: RFC 5322 header, RFC 2045/2046 multipart/alternative of text and HTML, both
// quoted-printable. Pure. No text given can begin a header line or end one: control characters
// never reach a header, and whatever is not plain letters is written as encoded words (RFC 2047).
#pragma once

#include "core/clock.h"
#include "core/result.h"

#include <string>
#include <string_view>

namespace keystead::notify {

struct Mail {
    std::string from_name;
    std::string from_address;
    std::string to;
    std::string subject;
    std::string text; // UTF-8, lines end with \n
    std::string html;
    std::string message_id; // left part; the right one is the sender's domain
    Instant date;
};

/// An address that may stand in a header and in SMTP: one @, no space, control, quote, bracket or
/// separator; valid UTF-8.
bool is_mail_address(std::string_view address);
/// The whole mail, lines ending with CRLF. Errors: notify/bad-address.
Result<std::string> compose(const Mail& mail);

/// A display name or subject as header text: as it is when that is plain, otherwise encoded words,
/// folded.
std::string header_text(std::string_view text);
/// "Sun, 22 Nov 2026 03:20:00 +0000" (RFC 5322 §3.3).
std::string mail_date(Instant instant);
/// RFC 2045 §6.7; every line at most 76 characters.
std::string quoted_printable(std::string_view text);
std::string escape_html(std::string_view text);

} // namespace keystead::notify
