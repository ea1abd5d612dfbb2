// `keystead-sshd session`: called by pam_exec when a session begins and ends. Tells the desk who
// came with which key, and is done at once: nothing of it may hold up or fail a login.
#include "agent/desk_client.h"
#include "agent/login_evidence.h"
#include "agent/state.h"
#include "agent/statement.h"
#include "agent/surroundings.h"
#include "agent/verbs.h"
#include "agent/words.h"

#include <unistd.h>

namespace keystead::agent {
namespace {

constexpr std::chrono::milliseconds kPatience{800};

std::vector<std::string_view> whole_environment()
{
    std::vector<std::string_view> entries;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        entries.emplace_back(*entry);
    }
    return entries;
}

} // namespace

int session_verb(const std::vector<std::string>& arguments)
{
    const auto parsed = parse_arguments(arguments, {"run"});
    const std::string run_folder = parsed ? parsed->value_or("run", kRunFolder) : kRunFolder;
    const auto environment = whole_environment();
    const std::string type = said_by_pam(environment, "PAM_TYPE");
    if (type == "close_session") {
        (void)ask_desk(run_folder, "closed", kPatience);
        return 0;
    }
    const std::string login_user = said_by_pam(environment, "PAM_USER");
    if (type != "open_session" || !is_login_user(login_user)) {
        return 0;
    }
    const std::string address = told_address(said_by_pam(environment, "PAM_RHOST"));
    // Of PAM's environment, in which a name stands once: true only before a module that lets the
    // user write there (docs/servers.md).
    for (const std::string& key : keys_of_evidence(said_by_pam(environment, "SSH_AUTH_INFO_0"))) {
        (void)ask_desk(run_folder, "opened " + login_user + " " + key + " " + address, kPatience);
    }
    return 0;
}

} // namespace keystead::agent
