// crypto/root_key.h
//
// The root key's text form and its file: one line, "ks_root_" and 43 base64url digits. The key
// comes from a file of mode 0600, a systemd credential or the environment; which of them is app/'s
// business.
#pragma once

#include "core/random.h"
#include "core/result.h"
#include "core/secret.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace keystead::crypto {

/// Who may read the file besides its owner. A systemd credential may be shared by an access list
/// that shows as group bits.
enum class FileAccess : std::uint8_t { OwnerOnly, AsGiven };

/// A trailing newline is allowed. Errors: keys/malformed, keys/weak (InvalidInput).
Result<Secret> parse_root_key(std::string_view text);
/// Errors: keys/not-found (NotFound), keys/file-mode (Forbidden), keys/unreadable (Unavailable),
/// those of parse_root_key.
Result<Secret> read_root_key_file(const std::string& path, FileAccess access);
/// Makes a key and its file (mode 0600, durable). Errors: keys/exists (Conflict), keys/unwritable
/// (Unavailable).
Result<Secret> make_root_key_file(const std::string& path, Random& random);

} // namespace keystead::crypto
