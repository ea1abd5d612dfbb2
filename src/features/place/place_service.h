// features/place/place_service.h
//
// Says where an address probably is: a country from the built-in database, or what an operator's
// .mmdb knows. A hint for people and for "new country" notices, never a proof. No network, no
// look-up outside. Safe from any thread.
#pragma once

#include "core/ip_address.h"
#include "core/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace keystead {
class JsonWriter;
}

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

class PlaceService {
public:
    /// Opens the operator's database at `path`, or the built-in one when it is empty; that one is
    /// laid out in a nameless file in `data_folder`, since the library reads files only. Errors:
    /// place/no-database (InvalidInput: absent, unreadable or no MaxMind DB), with the path in
    /// `cause`.
    static Result<std::unique_ptr<PlaceService>> open(const std::string& path,
                                                      const std::string& data_folder);
    ~PlaceService();
    PlaceService(const PlaceService&) = delete;
    PlaceService& operator=(const PlaceService&) = delete;

    /// Never fails: private and loopback addresses are Local, what the database does not know is
    /// Unknown.
    Place find(const IpAddress& address) const;

private:
    struct State;
    explicit PlaceService(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// {"kind":…, "country":…|null, "country_name":…|null, "city":…|null}
void write_json(JsonWriter& json, const Place& place);

} // namespace keystead::place
