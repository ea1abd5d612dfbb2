// core/actor.h
//
// Who did something and from where, as the audit log and the notices want it.
#pragma once

#include "core/id.h"
#include "core/ip_address.h"

#include <cstdint>
#include <optional>
#include <string>

namespace keystead {

/// What a client says of itself, as received: untrusted text, at most 1 KiB each.
struct ClientDescription {
    std::string user_agent;
    std::string hint_brands;   // Sec-CH-UA
    std::string hint_platform; // Sec-CH-UA-Platform
    std::string hint_mobile;   // Sec-CH-UA-Mobile
};

enum class ActorKind : std::uint8_t {
    Nobody = 0,        // a request without a proven identity
    Account = 1,       // a person, by session or flow
    ServiceClient = 2, // a program of the product beside it
    Operator = 3,      // the command line on this machine
    System = 4,        // Keystead itself: jobs, expiry
};

struct Actor {
    ActorKind kind = ActorKind::Nobody;
    AccountId account = {}; // nil unless Account
    ClientId client = {};   // nil unless ServiceClient
    SessionId session = {}; // nil without one
    std::optional<IpAddress> ip = std::nullopt;
    RequestId request = {};
    ClientDescription client_description = {};
};

} // namespace keystead
