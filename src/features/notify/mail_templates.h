// features/notify/mail_templates.h
//
// What each message says, as text and as HTML, made from one catalogue of plain English. Pure.
// Links are built from the configured base URL alone; facts are shown as text and defanged, so that
// a name somebody typed becomes no link either.
#pragma once

#include "core/clock.h"
#include "features/notify/message.h"
#include "features/notify/message_payload.h"

#include <string>
#include <string_view>

namespace keystead::notify {

struct Wording {
    std::string subject;
    std::string text;
    std::string html;
};

/// What does not come from the message.
struct Sender {
    std::string_view product_name;
    std::string_view base_url;    // with the base path, without trailing slash
    std::string_view support_url; // or empty
};

Wording word(Purpose purpose, const MessagePayload& payload, Instant created_at,
             const Sender& sender);

/// Notices that somebody else can cause again and again (sign-ins) are merged beyond some an hour;
/// notices of changes never are, and links were counted before they were made (Notifier::admit).
bool may_merge(Purpose purpose);

/// Stored: never renumber. What is grave leaves first, however much else waits.
enum class Place : std::uint8_t { Grave = 1, Other = 2 };
/// What somebody has to hear of now: all notices but reminders. Links that were asked for are not
/// among them: strangers can ask for any number.
Place place_of(Purpose purpose);

/// A fact's value as a mail shows it: printable, short, and nothing that a mail program turns into
/// a link.
std::string defang(std::string_view value);

} // namespace keystead::notify
