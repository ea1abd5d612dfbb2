// storage/postgres/target.h
//
// Where PostgreSQL is and how it may be reached: over a local socket, over loopback, or over TLS
// with the server's name verified. Anything else would let whoever sits between read and change
// every account.
#pragma once

#include "core/result.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keystead::storage {

/// libpq's keywords and values, complete: neither environment nor service files decide where to.
struct Target {
    std::vector<std::pair<std::string, std::string>> options;
    bool is_verified = false; // TLS with sslmode=verify-full
};

/// Errors: storage/insecure, storage/bad-connection.
Result<Target> parse_target(const std::string& connection);
/// A path of a local socket, or a name or address of this machine alone.
bool is_local_host(std::string_view host);

} // namespace keystead::storage
