// features/notify/message_payload.h
//
// What of a message waits in the outbox, as bytes that are sealed: they carry an address and
// perhaps a link that works. Pure. The form, numbers big-endian, each text 2 bytes of length and as
// many bytes:
//
//     1 byte version 1; texts: address, link path, link token; 1 byte number of facts; each fact:
//     name, value (texts)
#pragma once

#include "core/result.h"
#include "core/secret.h"
#include "features/notify/message.h"

#include <string_view>
#include <utility>
#include <vector>

namespace keystead::notify {

/// Views into the opened bytes.
struct MessagePayload {
    std::string_view to;
    std::string_view link_path; // empty: no link
    std::string_view link_token;
    std::vector<std::pair<std::string_view, std::string_view>> facts;
};

inline constexpr std::size_t kFactsMax = 16;
inline constexpr std::size_t kFactBytesMax = 512; // longer values are cut

Secret encode_payload(const Message& message);
/// Errors: notify/payload-damaged.
Result<MessagePayload> decode_payload(const Secret& bytes);

} // namespace keystead::notify
