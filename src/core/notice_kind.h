// core/notice_kind.h
//
// Notices that an account may do without. All others are grave, and nobody switches them off.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace keystead {

/// Stored as bits: a number is given once.
enum class OptionalNotice : std::uint8_t {
    NewDevice = 1,     // a sign-in on a device that is new, in a country that is not
    SessionsEnded = 2, // by the owner
    KeyReminder = 4,   // an SSH key is old
    WebhookStopped = 8,
};

inline constexpr std::array kOptionalNotices = {
    OptionalNotice::NewDevice, OptionalNotice::SessionsEnded, OptionalNotice::KeyReminder,
    OptionalNotice::WebhookStopped};

constexpr std::string_view name_of(OptionalNotice kind)
{
    switch (kind) {
    case OptionalNotice::NewDevice: return "new-device";
    case OptionalNotice::SessionsEnded: return "sessions-ended";
    case OptionalNotice::KeyReminder: return "key-reminder";
    case OptionalNotice::WebhookStopped: return "webhook-stopped";
    }
    std::abort();
}

constexpr std::optional<OptionalNotice> optional_notice_from(std::string_view name)
{
    for (const auto kind : kOptionalNotices) {
        if (name_of(kind) == name) {
            return kind;
        }
    }
    return std::nullopt;
}

} // namespace keystead
