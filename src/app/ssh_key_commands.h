// app/ssh_key_commands.h
//
// What `keystead ssh-key new` asks of a server: whether an account may have one more key, and to
// add a public one. No verbs of their own.
#pragma once

#include "app/command_table.h"
#include "app/features.h"
#include "core/result.h"

#include <string_view>

namespace keystead::app {

/// As the API takes names of keys. Errors: ssh-key/name-invalid (InvalidInput).
Result<void> check_key_name(std::string_view name);

void add_ssh_key_commands(CommandTable& table, Features& features);

} // namespace keystead::app
