// app/ssh_key_verb.h
//
// `keystead ssh-key new`: makes a key pair on this machine and adds the public half to an account.
// The private half is ssh-keygen's and its file's; nothing here opens that file.
#pragma once

#include "app/command_line.h"
#include "app/local_verbs.h"
#include "core/result.h"

#include <functional>
#include <string>
#include <string_view>

namespace keystead::app {

/// What the verb needs of others; tests hand in their own.
struct SshKeyVerbParts {
    /// A command of command_table.h, by the running server or here; answers its JSON.
    std::function<Result<std::string>(std::string_view command, const std::string& arguments)> ask;
    /// Makes `file` and `file`.pub.
    std::function<Result<void>(const std::string& file, const std::string& comment)> make;
};

/// Answers what was made, as JSON. Errors: ssh-key/name-invalid, ssh-key/file-exists (Conflict),
/// those of the commands, ssh-key/not-made. After the last one the pair may be there; the words say
/// so.
Result<std::string> make_ssh_key(const SshKeyVerbParts& parts, const Invocation& invocation);
/// With the real ssh-keygen, and the database or the server of this data folder. Errors: those, and
/// ssh-key/no-keygen (NotFound).
Result<std::string> run_ssh_key_new(const LocalContext& context, const Invocation& invocation);

} // namespace keystead::app
