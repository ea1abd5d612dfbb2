// `keystead-sshd authorized-keys %u %k %t %f`: OpenSSH's AuthorizedKeysCommand (sshd_config(5)),
// run for every key that is offered, also by those who only try. Prints the key when the user may
// log in with it, else nothing, and never fails: sshd then goes on with its other ways.
#include "agent/desk_client.h"
#include "agent/heard.h"
#include "agent/state.h"
#include "agent/surroundings.h"
#include "agent/verbs.h"

#include <cstdio>

namespace keystead::agent {
namespace {

constexpr std::chrono::milliseconds kPatience{2500}; // The desk answers within 2 s.

struct Question {
    std::string login_user;
    std::string base64;
    std::string type;
};

/// From what was kept, for as long as it holds.
std::string kept_answer(const std::string& state_folder, const std::string& run_folder,
                        const Question& question)
{
    const auto state = PublicState::open(state_folder);
    const auto kept = state ? state->kept() : Result<Kept>(state.error());
    const auto run = Folder::open(run_folder);
    const auto heard = run ? read_heard(*run, boot_id()) : std::nullopt;
    if (!kept || !kept_over_at(kept->statement, heard, SystemClock{})) {
        return {};
    }
    const auto* const key =
        find_key(kept->content, question.login_user, question.type, question.base64);
    return key == nullptr ? std::string{} : key->type + " " + key->base64 + "\n";
}

} // namespace

int authorized_keys_verb(const std::vector<std::string>& arguments)
{
    const auto parsed = parse_arguments(arguments, {"state", "run"});
    if (!parsed || parsed->words.size() < 3 || !is_login_user(parsed->words[0])) {
        log_line("usage: keystead-sshd authorized-keys %u %k %t %f");
        return 0;
    }
    const Question question{parsed->words[0], parsed->words[1], parsed->words[2]};
    const auto said = ask_desk(
        parsed->value_or("run", kRunFolder),
        "keys " + question.login_user + " " + question.type + " " + question.base64, kPatience);
    std::string answer;
    if (said) {
        answer = *said == kNoKeyAnswer ? std::string{} : *said;
    } else {
        answer = kept_answer(parsed->value_or("state", kStateFolder),
                             parsed->value_or("run", kRunFolder), question);
    }
    (void)std::fputs(answer.c_str(), stdout);
    return 0;
}

} // namespace keystead::agent
