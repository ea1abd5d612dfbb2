// features/product_event/product_event.h
//
// What the product tells of its own business: an order, a payment, a deployment, an access to a
// server. Reading it from JSON, and what it is held against. Pure.
//
// Invariants of every ProductEvent: its type begins with the product's namespace, so that it is
// never taken for an action of Keystead's; its link leads to a place that the settings allow and to
// no other, in whichever way a browser reads it; its texts hold nothing that cannot be seen.
#pragma once

#include "core/clock.h"
#include "core/id.h"
#include "core/ip_address.h"
#include "core/json.h"
#include "core/result.h"
#include "core/settings.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::product_event {

// clang-format off
struct ProductEventTag { static constexpr std::string_view kPrefix = "pev_"; };
// clang-format on
using ProductEventId = Id<ProductEventTag>;

inline constexpr std::size_t kEventsMax = 100; // a request
inline constexpr std::size_t kIdLengthMax = 100;
inline constexpr std::size_t kTypeLengthMax = 64;
inline constexpr std::size_t kSummaryLengthMax = 200; // code points
inline constexpr std::size_t kLinkBytesMax = 2000;
inline constexpr std::size_t kDataMembersMax = 16;
inline constexpr std::size_t kDataBytesMax = 2048;
inline constexpr std::size_t kUserAgentLengthMax = 512;
inline constexpr std::int64_t kMinorUnitsMax = 1'000'000'000'000'000;

struct Amount {
    std::int64_t minor_units = 0; // cents, where the currency has such
    std::string currency;         // ISO 4217
    bool operator==(const Amount&) const = default;
};

struct ProductEvent {
    std::string id; // the product's own; one event has one, whoever sends it and how often
    AccountId account;
    std::string type;
    Instant at;
    std::string summary;
    std::string link; // or empty
    std::optional<Amount> amount;
    std::string data;            // a flat JSON object in this slice's own writing; or empty
    std::optional<IpAddress> ip; // of the person, as is the user agent
    std::string user_agent;
    bool operator==(const ProductEvent&) const = default;
};

/// Where links may lead: the base URL's own origin, and the hosts named, by https on the port of
/// the scheme or of the base URL.
class LinkPlaces {
public:
    LinkPlaces(std::string_view base_url, std::vector<std::string> hosts);
    /// Takes only what RFC 3986 and browsers read alike: no user, no backslash, no space, no
    /// character beyond ASCII, the host in small letters.
    bool allow(std::string_view link) const;

private:
    std::string origin_;
    std::string port_; // ":8443"; empty: the scheme's
    std::vector<std::string> hosts_;
};

struct Rules {
    std::string_view type_namespace;
    const LinkPlaces& links;
    Instant now;
    Instant oldest; // an event before that is not kept any more
};

/// A clock that goes a little ahead of ours says nothing of the future.
inline constexpr std::chrono::seconds kAheadMax{60};

/// `body` has the form of events_schema() (product_event_routes.h). Errors: product-event/invalid
/// (InvalidInput), with every fault and its place, at most 50.
Result<std::vector<ProductEvent>> parse_events(const JsonValue& body, const Rules& rules);

/// All that an event says, in one writing: two events of one id are the same when this is.
std::string content_of(const ProductEvent& event);

} // namespace keystead::product_event
