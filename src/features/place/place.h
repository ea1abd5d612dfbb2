// features/place/place.h
//
// What is said about where an address is. Pure values, and the names of countries.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keystead::place {

/// Stored as a number with the session: never renumber.
enum class PlaceKind : std::uint8_t { Unknown = 0, Country = 1, Local = 2 };
/// "unknown", "country", "local": as the API says it.
std::string_view place_kind_text(PlaceKind kind);

struct Place {
    PlaceKind kind = PlaceKind::Unknown;
    std::string country_code = {}; // ISO 3166-1 alpha-2, upper case; empty unless Country
    std::string country_name = {}; // in English; the code itself when we have no name for it
    std::string city = {};         // only from an operator's city database
    bool operator==(const Place&) const = default;
};

/// The English short name of an ISO 3166-1 alpha-2 code; nothing for another text.
std::optional<std::string_view> country_name(std::string_view country_code);

} // namespace keystead::place
