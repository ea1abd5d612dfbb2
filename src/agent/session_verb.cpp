// `keystead-sshd session`: called by pam_exec when a session begins and ends. Tells the desk who
// came with which key, and is done at once: nothing of it may hold up or fail a login.
#include "agent/desk_client.h"
#include "agent/login_evidence.h"
#include "agent/state.h"
#include "agent/statement.h"
#include "agent/surroundings.h"
#include "agent/verbs.h"
#include "agent/words.h"

#include <cstdlib>

namespace keystead::agent {
namespace {

constexpr std::chrono::milliseconds kPatience{800};

std::string environment(const char* name)
{
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string(value);
}

} // namespace

int session_verb(const std::vector<std::string>& arguments)
{
    const auto parsed = parse_arguments(arguments, {"run"});
    const std::string run_folder = parsed ? parsed->value_or("run", kRunFolder) : kRunFolder;
    const std::string type = environment("PAM_TYPE");
    if (type == "close_session") {
        (void)ask_desk(run_folder, "closed", kPatience);
        return 0;
    }
    const std::string login_user = environment("PAM_USER");
    if (type != "open_session" || !is_login_user(login_user)) {
        return 0;
    }
    const std::string address = told_address(environment("PAM_RHOST"));
    for (const std::string& key : keys_of_evidence(environment("SSH_AUTH_INFO_0"))) {
        (void)ask_desk(run_folder, "opened " + login_user + " " + key + " " + address, kPatience);
    }
    return 0;
}

} // namespace keystead::agent
