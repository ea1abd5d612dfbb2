// features/webhook/event_catalogue.h
//
// Which audit events leave as webhooks, and what they are called outside. One row a type: what is
// not listed is not sent. Left out on purpose: what strangers can cause without proving anything
// (an attempt, a request for recovery), since a receiver could then be flooded by them. Pure.
#pragma once

#include <span>
#include <string_view>

namespace keystead::webhook {

struct EventType {
    std::string_view name;   // "session.revoked"; part of the interface, never renamed
    std::string_view action; // of the audit log; only its outcome "ok" is sent
    std::string_view words;
};

std::span<const EventType> event_catalogue();
/// Null when events of that action are not sent.
const EventType* find_event_type(std::string_view action);

/// What an owner may ask for: a name of the catalogue, "group.*" of a group there is, or "*".
bool is_known_filter(std::string_view filter);
/// Whether `filters`, with commas between them, ask for a type.
bool asks_for(std::string_view filters, std::string_view name);

} // namespace keystead::webhook
