// core/client_right.h
//
// Rights of a service client (bits). A number is given once and never used again for something
// else.
#pragma once

#include <cstdint>

namespace keystead {

enum class ClientRight : std::uint32_t {
    None = 0,
    Introspect = 1,
    ReadAccounts = 2,
    Hosts = 4,
    Events = 8
};

} // namespace keystead
