// features/ssh_key/compromise_challenge.h
//
// What the holder of a private key signs to say that it is compromised: one line with an end and a
// nonce of ours, authenticated by KeyPurpose::SshChallenge, so that nothing is stored for those who
// never answer. An answer may come twice: the second finds the key refused already.
//
// The namespace keeps a signature that was made for anything else from being taken for this one,
// and the line says in words what is signed.
#pragma once

#include "core/clock.h"
#include "core/random.h"
#include "crypto/keys.h"

#include <chrono>
#include <string>
#include <string_view>

namespace keystead::ssh_key {

inline constexpr std::string_view kCompromisedNamespace = "keystead-key-compromised";
inline constexpr std::chrono::minutes kChallengeLifetime{30};

struct Challenge {
    std::string message;
    Instant expires_at;
};

Challenge make_challenge(const crypto::KeyRing& keys, Random& random, std::string_view host,
                         Instant now);
/// Whether it is one of ours whose end has not come.
bool is_live_challenge(const crypto::KeyRing& keys, std::string_view message, Instant now);

} // namespace keystead::ssh_key
