// features/host/enrolment_words.h
//
// How a server is enrolled, ready to be pasted: a command for a shell, and a cloud-init document.
// Pure.
#pragma once

#include "core/secret.h"
#include "crypto/ed25519.h"

#include <string>
#include <string_view>
#include <vector>

namespace keystead::host {

struct EnrolmentWords {
    std::string server_url;
    std::vector<std::string> pins;
    crypto::Ed25519PublicKey answer_key{};
};

/// The token goes in by standard input: a command line is everyone's to read on that machine.
Secret enrolment_command(const EnrolmentWords& words, std::string_view token);
Secret cloud_init(const EnrolmentWords& words, std::string_view token);

} // namespace keystead::host
