// agent/connection.h
//
// One connection to Keystead: name (c-ares, for what is linked statically has no resolver of its
// own), TCP, and TLS that trusts the pinned public keys and nobody else. Every call has the moment
// at which it gives up.
#pragma once

#include "agent/server_address.h"
#include "core/result.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::agent {

using Deadline = std::chrono::steady_clock::time_point;

class Connection {
public:
    /// `pins`: one of them is the SHA-256 of the server's public key (RFC 7469 §2.4); for https at
    /// least one. Errors (Unavailable): agent/unreachable, agent/wrong-pin.
    static Result<Connection> open(const ServerAddress& address,
                                   const std::vector<std::string>& pins, Deadline deadline);
    Connection(Connection&&) noexcept;
    Connection& operator=(Connection&&) noexcept;
    ~Connection();

    /// Errors (Unavailable): agent/unreachable.
    Result<void> write(std::string_view bytes, Deadline deadline);
    /// At least one byte, or 0 at the end. Errors (Unavailable): agent/unreachable.
    Result<std::size_t> read(std::span<char> into, Deadline deadline);

private:
    struct Parts;
    explicit Connection(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

} // namespace keystead::agent
