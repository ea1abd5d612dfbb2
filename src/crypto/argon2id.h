// crypto/argon2id.h
//
// Password hashing: Argon2id (RFC 9106, version 1.3, one lane) by libsodium, in PHC string format
// ("$argon2id$v=19$m=65536,t=3,p=1$<salt>$<hash>"). Not the queue in front of it
// (features/password), nor the seal around it. Costs tens of milliseconds and `memory_kib`: never
// inside a transaction, never on an event loop.
#pragma once

#include "core/bytes.h"
#include "core/random.h"
#include "core/result.h"
#include "core/secret.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace keystead::crypto {

struct Argon2idParameters {
    std::uint32_t memory_kib;
    std::uint32_t passes;
};

/// The least that is accepted from settings (ASVS 5.0 appendix C, OWASP): 19 MiB, two passes, one
/// lane.
inline constexpr Argon2idParameters kArgon2idFloor{19456, 2};
/// The most that is accepted from settings or a stored hash: a poisoned row must not take gigabytes
/// or minutes.
inline constexpr Argon2idParameters kArgon2idCeiling{1'048'576, 16};
inline constexpr std::size_t kPasswordBytesMax = 4096;

/// Below the floor too, for tests; settings refuse that. Errors: crypto/out-of-memory
/// (Unavailable).
Result<Secret> argon2id_hash(const Secret& password, const Argon2idParameters& parameters,
                             Random& random);
/// A hash that no password fits and that costs the same to verify: its bytes are drawn, not
/// computed.
Secret argon2id_decoy(const Argon2idParameters& parameters, Random& random);
/// Whether `password` is the one that was hashed, compared in constant time.
/// Errors: crypto/hash-not-supported (Internal), crypto/out-of-memory (Unavailable).
Result<bool> argon2id_verify(std::string_view phc, const Secret& password);
/// The 32 bytes themselves, for a salt (16 bytes) that the caller keeps: several values under one
/// salt cost one hash a try. Errors: crypto/out-of-memory (Unavailable).
Result<Secret> argon2id_derive(const Secret& password, const Argon2idParameters& parameters,
                               ByteView salt);
/// Whether a hash was made with other parameters than these, or is none of ours.
bool argon2id_needs_rehash(std::string_view phc, const Argon2idParameters& parameters);

} // namespace keystead::crypto
