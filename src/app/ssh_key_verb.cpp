#include "app/ssh_key_verb.h"

#include "app/control_socket.h"
#include "app/ssh_key_commands.h"
#include "app/ssh_keygen.h"
#include "core/json.h"
#include "features/ssh_key/ssh_public_key.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

namespace keystead::app {
namespace {

/// The public half; whatever lies there is checked to be one before it leaves.
Result<ssh_key::PublicKey> read_public_half(const std::string& path)
{
    std::string line(ssh_key::kLineBytesMax, '\0');
    std::ifstream file(path, std::ios::binary);
    file.read(line.data(), static_cast<std::streamsize>(line.size()));
    line.resize(static_cast<std::size_t>(file.gcount()));
    return ssh_key::parse_public_key_line(line);
}

Result<void> check_no_file(const std::string& file)
{
    for (const std::string& path : {file, file + ".pub"}) {
        std::error_code ignored;
        // Of the name itself: a link that leads nowhere is something, too.
        if (std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) {
            return Error{ErrorKind::Conflict, "ssh-key/file-exists",
                         path + " is there already, and is not overwritten."};
        }
    }
    return {};
}

std::string text_option(const Invocation& invocation, std::string_view name)
{
    const auto found = invocation.texts.find(name);
    return found == invocation.texts.end() ? std::string{} : found->second;
}

std::string add_arguments(const std::string& account, const std::string& name,
                          const std::string& line)
{
    JsonWriter json;
    json.begin_object().member("account", account).member("name", name);
    json.member("public_key", line).end_object();
    return std::move(json).take();
}

/// The same failure, and what there is all the same.
Error not_added(const Error& error, const std::string& file)
{
    Error out = error;
    out.detail += " The key was made and is not in the account: " + file +
                  ".pub can be added on its page for SSH keys.";
    return out;
}

} // namespace

Result<std::string> make_ssh_key(const SshKeyVerbParts& parts, const Invocation& invocation)
{
    const std::string file = text_option(invocation, kFileArgument);
    const std::string account = text_option(invocation, "--account");
    std::string name = text_option(invocation, "--name");
    if (name.empty()) {
        name = std::filesystem::path(file).filename();
    }
    KS_CHECK(check_key_name(name));
    KS_CHECK(check_no_file(file));
    if (!account.empty()) { // What would be refused is refused before there is a key.
        KS_TRY([[maybe_unused]] const auto room,
               parts.ask("ssh-key check", add_arguments(account, name, {})));
    }
    KS_CHECK(parts.make(file, name));
    const auto key = read_public_half(file + ".pub");
    if (!key) {
        return not_added(key.error(), file);
    }
    const std::string line = ssh_key::line_of(*key);
    if (!account.empty()) {
        const auto added = parts.ask("ssh-key add", add_arguments(account, name, line));
        if (!added) {
            return not_added(added.error(), file);
        }
    }
    JsonWriter json;
    json.begin_object()
        .member("private_key_file", file)
        .member("public_key_file", file + ".pub")
        .member("fingerprint", ssh_key::fingerprint_text(ssh_key::fingerprint_of(*key)))
        .member("public_key", line)
        .member("name", name);
    if (account.empty()) {
        json.key("added_to").null();
    } else {
        json.member("added_to", account);
    }
    json.end_object();
    return std::move(json).take();
}

Result<std::string> run_ssh_key_new(const LocalContext& context, const Invocation& invocation)
{
    const auto program = find_program(context.environment, "ssh-keygen");
    if (!program) {
        return Error{ErrorKind::NotFound, "ssh-key/no-keygen",
                     "There is no ssh-keygen in PATH: install OpenSSH's client."};
    }
    const auto ask = [&context](std::string_view command,
                                const std::string& arguments) -> Result<std::string> {
        KS_TRY(auto answered,
               ask_running_server(context.loaded.settings.storage.data_folder, command, arguments));
        if (answered) {
            return std::move(*answered);
        }
        KS_TRY(const auto parsed, parse_json(arguments));
        return run_command_here(context, command, parsed);
    };
    const auto make = [&](const std::string& file, const std::string& comment) {
        return run_ssh_keygen({.program = *program, .file = file, .comment = comment},
                              context.environment);
    };
    return make_ssh_key({ask, make}, invocation);
}

} // namespace keystead::app
