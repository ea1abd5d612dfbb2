// features/client_device/client_device.h
//
// What a client's own description of itself says: kind of device, browser and system, as short
// strings for people. It is a claim of the client, good for recognising one's own sessions and for
// nothing else: no decision rests on it. Pure: the strict readers of client hints, and how a
// description is put together. The expressions for user agents are in user_agent_rules.h.
#pragma once

#include "core/actor.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::client_device {

/// Stored as a number with the session: never renumber.
enum class DeviceKind : std::uint8_t {
    Unknown = 0,
    Desktop = 1,
    Phone = 2,
    Tablet = 3,
    Program = 4
};
/// "unknown", "desktop", "phone", "tablet", "program": as the API says it.
std::string_view device_kind_text(DeviceKind kind);

/// Printable UTF-8 without control or bidi characters. Empty where nothing is known.
struct DeviceDescription {
    DeviceKind kind = DeviceKind::Unknown;
    std::string browser = {};         // "Firefox"; of a program its name: "curl". At most 64 bytes.
    std::string browser_version = {}; // "128", "17.2". At most 32 bytes.
    std::string system = {};          // "Windows 10", "iOS 17", "Ubuntu". At most 64 bytes.
    bool operator==(const DeviceDescription&) const = default;
};

/// One entry of Sec-CH-UA (UA Client Hints §3.1): a brand and its significant version.
struct Brand {
    std::string name;
    std::string version;
    bool operator==(const Brand&) const = default;
};

/// Sec-CH-UA: a structured-field list of strings, each with a parameter `v` (RFC 8941 §3.1).
/// Nothing for anything else; at most 16 entries of at most 64 characters.
std::optional<std::vector<Brand>> parse_brands(std::string_view header);
/// Sec-CH-UA-Platform: one structured-field string of at most 64 characters (RFC 8941 §3.3.3).
std::optional<std::string> parse_platform(std::string_view header);
/// Sec-CH-UA-Mobile: `?0` or `?1` (RFC 8941 §3.3.6).
std::optional<bool> parse_mobile(std::string_view header);

/// What the rules found in a user agent; families as uap-core names them, "Other" and empty alike
/// for nothing.
struct UserAgent {
    std::string browser = {};
    std::string browser_version = {};
    std::string system = {};
    std::string system_version = {};
    std::string device = {};
    bool operator==(const UserAgent&) const = default;
};

/// Puts both sources together: hints win where they are well formed, since user agents are frozen
/// and lie by design.
DeviceDescription combine(const ClientDescription& client, const UserAgent& found);

/// `text` without anything that is not printable UTF-8, cut at `bytes_max` on a character's border.
std::string printable(std::string_view text, std::size_t bytes_max);

} // namespace keystead::client_device
