// features/client_device/user_agent_rules.h
//
// The expressions of uap-core (data/README.md) over a User-Agent header, by RE2: linear time
// whatever the header says. FilteredRE2 leaves most expressions out by literal parts that the text
// does not hold. Immutable once made.
#pragma once

#include "features/client_device/client_device.h"

#include <memory>
#include <string_view>

namespace keystead::client_device {

class UserAgentRules {
public:
    /// Compiles the built-in rules: takes time and memory (see client_device_service.h).
    UserAgentRules();
    ~UserAgentRules();
    UserAgentRules(const UserAgentRules&) = delete;
    UserAgentRules& operator=(const UserAgentRules&) = delete;

    /// At most the first 1024 bytes are looked at. Bytes that are no text match nothing in
    /// particular. Thread-safe.
    UserAgent find(std::string_view user_agent) const;

private:
    struct Group;
    std::unique_ptr<Group> browsers_;
    std::unique_ptr<Group> systems_;
};

/// The rules as embedded: see data/README.md for the form.
std::string_view builtin_rules();

} // namespace keystead::client_device
