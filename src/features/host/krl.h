// features/host/krl.h
//
// Key revocation lists as OpenSSH reads them (`RevokedKeys`, `ssh-keygen -Q`), binary and unsigned:
// the keys are named by the SHA-256 of their blob, so that a list tells nothing of a key to who
// does not have it, and costs 36 bytes a key whatever its type. OpenSSH reads it since 7.9.
//
// The same keys make the same bytes: a list has no date and no number, for a server that asks for
// news is answered by the digest of what it has.
//
// Source: OpenSSH PROTOCOL.krl.
#pragma once

#include "core/bytes.h"

#include <cstddef>
#include <vector>

namespace keystead::host {

/// A list without keys is this long, and a key this much more.
inline constexpr std::size_t kKrlHeadBytes = 44;
inline constexpr std::size_t kKrlKeyBytes = 36;

/// `fingerprints`: SHA-256 of public key blobs, in any order, also several times.
Bytes make_krl(std::vector<Digest> fingerprints);

} // namespace keystead::host
