// agent/main.cpp
//
// keystead-sshd: what a server needs so that the SSH keys of an account follow it. One program that
// is linked statically, for whatever Linux the server has.
#include "agent/surroundings.h"
#include "agent/verbs.h"
#include "agent/version.h"

#include <array>
#include <cstdio>

namespace {

constexpr const char* kUsage =
    "usage: keystead-sshd VERB\n"
    "\n"
    "  enroll --server URL --answer-key KEY [--pin sha256//PIN]… [--token-file FILE]\n"
    "         [--command-user NAME] [--state FOLDER]      the token comes from standard input\n"
    "  run [--state FOLDER] [--run FOLDER]                follows Keystead; as root\n"
    "  authorized-keys [--state …] [--run …] %u %k %t %f  sshd's AuthorizedKeysCommand\n"
    "  session [--run FOLDER]                             called by pam_exec\n"
    "  --version\n";

struct Verb {
    std::string_view name;
    int (*run)(const std::vector<std::string>&);
};
constexpr std::array kVerbs = {
    Verb{"enroll", keystead::agent::enroll_verb},
    Verb{"run", keystead::agent::run_verb},
    Verb{"authorized-keys", keystead::agent::authorized_keys_verb},
    Verb{"session", keystead::agent::session_verb},
};

} // namespace

int main(int argc, char** argv)
{
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    if (arguments.size() == 1 && arguments[0] == "--version") {
        (void)std::printf("keystead-sshd %s\n", keystead::agent::kAgentVersion.data());
        return 0;
    }
    for (const Verb& verb : kVerbs) {
        if (!arguments.empty() && arguments[0] == verb.name) {
            return verb.run({arguments.begin() + 1, arguments.end()});
        }
    }
    (void)std::fputs(kUsage, stderr);
    return 2;
}
