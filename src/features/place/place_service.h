// features/place/place_service.h
//
// Says where an address probably is: a country from the built-in database, or what an operator's
// .mmdb knows. A hint for people and for "new country" notices, never a proof. No network, no
// look-up outside. Safe from any thread.
#pragma once

#include "core/ip_address.h"
#include "core/result.h"
#include "features/place/place.h"

#include <memory>
#include <string>

namespace keystead {
class JsonWriter;
}

namespace keystead::place {

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
