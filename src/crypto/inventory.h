// crypto/inventory.h
//
// Every use of cryptography there is: purpose, algorithm, key, data. `keystead keys status` prints
// it, and a test holds docs/crypto-inventory.md against it. A new use begins with a line here.
#pragma once

#include "crypto/keys.h"

#include <span>
#include <string>
#include <string_view>

namespace keystead::crypto {

struct KeyUse {
    std::string_view name; // part of the derivation (HKDF info): never changed
    std::string_view algorithm;
    std::string_view data; // what it protects
};

/// What a purpose key is used for.
KeyUse key_use(KeyPurpose purpose);
/// Uses without a key of ours: digests, password hashing, transport.
std::span<const KeyUse> keyless_uses();
/// All of it as a Markdown table.
std::string inventory_markdown();

} // namespace keystead::crypto
