#include "app/ssh_keygen.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace keystead::app {
namespace {

bool is_program(const std::string& path)
{
    struct stat status {};
    return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           access(path.c_str(), X_OK) == 0;
}

/// As posix_spawn wants it: ends with a null.
std::vector<char*> pointers(std::vector<std::string>& words)
{
    std::vector<char*> out;
    for (std::string& word : words) {
        out.push_back(word.data());
    }
    out.push_back(nullptr);
    return out;
}

Error not_made(std::string detail)
{
    return {ErrorKind::Internal, "ssh-key/not-made", std::move(detail)};
}

} // namespace

std::optional<std::string> find_program(const Environment& environment, std::string_view name)
{
    std::string_view folders;
    for (const auto& [variable, value] : environment) {
        folders = variable == "PATH" ? std::string_view(value) : folders;
    }
    while (!folders.empty()) {
        const std::string_view folder = folders.substr(0, folders.find(':'));
        folders.remove_prefix(std::min(folder.size() + 1, folders.size()));
        const std::string path = std::string(folder) + "/" + std::string(name);
        if (folder.starts_with('/') && is_program(path)) {
            return path;
        }
    }
    return std::nullopt;
}

std::vector<std::string> environment_for_others(const Environment& environment)
{
    std::vector<std::string> out;
    for (const auto& [name, value] : environment) {
        if (!name.starts_with("KEYSTEAD_")) {
            out.push_back(name + "=" + value);
        }
    }
    return out;
}

Result<void> run_ssh_keygen(const KeygenOrder& order, const Environment& environment)
{
    // 24 rounds of bcrypt, as a key gets that is made in the browser. Without -N it asks.
    std::vector<std::string> words{order.program, "-q", "-t",          "ed25519", "-a",
                                   "24",          "-C", order.comment, "-f",      order.file};
    std::vector<std::string> variables = environment_for_others(environment);
    pid_t child = 0;
    const int fault = posix_spawn(&child, order.program.c_str(), nullptr, nullptr,
                                  pointers(words).data(), pointers(variables).data());
    if (fault != 0) {
        return not_made(order.program + " cannot be started.");
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return not_made("What became of ssh-keygen is not known.");
        }
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return not_made("ssh-keygen made no key.");
    }
    return {};
}

} // namespace keystead::app
