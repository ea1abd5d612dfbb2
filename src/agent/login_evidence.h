// agent/login_evidence.h
//
// How somebody logged in, as sshd tells PAM in SSH_AUTH_INFO_0: a line for each method that was
// accepted, "publickey ssh-ed25519 AAAA…" for a key (auth-pam.c, sshd_config(5) ExposeAuthInfo).
// And what pam_exec hands on of it: the environment of PAM, into which a login user may have
// written (pam_env's user_readenv), and behind that its own PAM_… of the same names. Pure.
#pragma once

#include "agent/words.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::agent {

/// What pam_exec itself says in `name`, which is what it says last; empty: nothing.
inline std::string said_by_pam(std::span<const std::string_view> environment, std::string_view name)
{
    std::string_view said;
    for (const std::string_view entry : environment) {
        if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=') {
            said = entry.substr(name.size() + 1);
        }
    }
    return std::string(said);
}

/// The keys in base64, at most four: AuthenticationMethods may ask for several.
inline std::vector<std::string> keys_of_evidence(std::string_view evidence)
{
    constexpr std::size_t kKeysMax = 4;
    std::vector<std::string> keys;
    while (!evidence.empty() && keys.size() < kKeysMax) {
        const auto end = std::min(evidence.find('\n'), evidence.size());
        const auto words = split_words(evidence.substr(0, end));
        evidence.remove_prefix(std::min(end + 1, evidence.size()));
        if (words.size() >= 3 && words[0] == "publickey" && is_printable(words[2])) {
            keys.emplace_back(words[2]);
        }
    }
    return keys;
}

/// As one word for the desk: "-" for what is none.
inline std::string told_address(std::string_view remote_host)
{
    constexpr std::size_t kBytesMax = 64;
    const bool is_word = !remote_host.empty() && remote_host.size() <= kBytesMax &&
                         is_printable(remote_host) &&
                         remote_host.find(' ') == std::string_view::npos;
    return is_word ? std::string(remote_host) : std::string("-");
}

} // namespace keystead::agent
