// app/ssh_keygen.h
//
// Runs OpenSSH's ssh-keygen, the one other program that `keystead` ever starts, for `ssh-key new`:
// never by the server. No shell is between; its name is looked up in absolute folders alone, and it
// gets none of our settings. It asks for the passphrase on the terminal itself and writes the
// private key itself: neither is ever in this process.
#pragma once

#include "app/settings_loader.h"
#include "core/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::app {

/// The absolute path of an executable file of that name in one of PATH's folders; folders that are
/// not absolute are passed over, since they would lead to whatever lies where one stands.
std::optional<std::string> find_program(const Environment& environment, std::string_view name);

/// Without Keystead's own, which may hold secrets; "NAME=value" each.
std::vector<std::string> environment_for_others(const Environment& environment);

struct KeygenOrder {
    std::string program; // its absolute path
    std::string file;    // where the private key goes; the public one beside it as file.pub
    std::string comment;
};
/// Makes an Ed25519 key and waits for it. Errors: ssh-key/not-made (Internal): ssh-keygen said why
/// on the terminal.
Result<void> run_ssh_keygen(const KeygenOrder& order, const Environment& environment);

} // namespace keystead::app
