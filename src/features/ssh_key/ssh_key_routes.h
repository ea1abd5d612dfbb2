// features/ssh_key/ssh_key_routes.h
//
// /v1/account/ssh-keys…, /v1/account/ssh-key-options, and /v1/ssh-keys/compromised…, by which
// whoever holds a private key ends it everywhere.
#pragma once

#include "core/clock.h"
#include "core/random.h"
#include "crypto/keys.h"
#include "features/ssh_key/ssh_key_service.h"
#include "http/route.h"
#include "storage/database.h"

#include <string_view>

namespace keystead::ssh_key {

struct RouteParts {
    Database& database;
    SshKeyService& ssh_keys;
    const crypto::KeyRing& keys;
    Random& random;
    const SshKeySettings& settings;
    std::string_view base_url; // stands in what holders of compromised keys sign
};

void add_routes(http::Router& router, const RouteParts& parts);
/// Those without an account; part of add_routes().
void add_compromise_routes(http::Router& router, const RouteParts& parts);

} // namespace keystead::ssh_key
