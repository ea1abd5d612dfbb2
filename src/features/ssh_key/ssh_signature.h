// features/ssh_key/ssh_signature.h
//
// Signatures that `ssh-keygen -Y sign` makes (OpenSSH PROTOCOL.sshsig), of every type of key that
// is taken here. The signature names its key; whether anyone should trust that key is not said.
#pragma once

#include "core/bytes.h"
#include "core/result.h"
#include "features/ssh_key/ssh_public_key.h"

#include <string_view>

namespace keystead::ssh_key {

struct SignedMessage {
    std::string_view name_space; // -n of ssh-keygen: what the signature is for
    std::string_view text;
};

/// The key that signed `message`. A signature of another namespace is none. Errors (InvalidInput):
/// ssh-key/bad-signature; ssh-key/private-key, when that was pasted instead.
Result<PublicKey> verify_signature(std::string_view armored, const SignedMessage& message);

} // namespace keystead::ssh_key
