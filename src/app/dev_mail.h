// app/dev_mail.h
//
// The development page that shows mails which were written to files for want of an SMTP server:
// /dev/mail lists them, /dev/mail/{id} shows one. They carry working links, so the page exists only
// when Settings::shows_mail() says so, and answers this machine alone. Plain HTML, no script.
#pragma once

#include "core/result.h"
#include "http/route.h"

#include <string>
#include <string_view>
#include <vector>

namespace keystead::app {

struct DevMail {
    std::string id; // the file's name without ".eml"
    std::string subject;
    std::string to;
    std::string date;
    std::string text; // of the plain part, decoded
};

/// Headers and plain text of one message, as our own sender writes it. Never fails: what it does
/// not understand is empty.
DevMail parse_mail(std::string_view eml);
/// HTML of the text: escaped, and URLs that begin with `base_url` are links.
std::string mail_text_html(std::string_view text, std::string_view base_url);

void add_dev_mail_routes(http::Router& router, const std::string& mail_folder,
                         const std::string& base_url);

} // namespace keystead::app
