// crypto/seal.h
//
// The one form of a ciphertext of ours, under any 32-byte key: version (1), algorithm (1), key id
// (4), nonce (24), XChaCha20-Poly1305 ciphertext with its tag. Head and `associated` are
// authenticated: what was sealed for one place does not open at another. KeyRing uses it under the
// root key; a team's key, itself sealed by the ring, uses it for values.
#pragma once

#include "core/bytes.h"
#include "core/random.h"
#include "core/result.h"
#include "core/secret.h"

#include <array>
#include <optional>
#include <string_view>

namespace keystead::crypto {

inline constexpr std::size_t kKeyBytes = 32;

/// Names a key in what it sealed. Derived from the key one way; equal ids do not prove equal keys.
using KeyId = std::array<std::byte, 4>;

Secret make_key(Random& random);
KeyId key_id_of(const Secret& key);
Bytes seal_with(const Secret& key, const KeyId& id, std::string_view associated, ByteView plain,
                Random& random);
/// Errors: crypto/does-not-open (Internal).
Result<Secret> open_with(const Secret& key, const KeyId& id, std::string_view associated,
                         ByteView sealed);
/// The id of the key that sealed it, for rotation. Nothing when it is no ciphertext of ours.
std::optional<KeyId> sealing_key_of(ByteView sealed);

} // namespace keystead::crypto
