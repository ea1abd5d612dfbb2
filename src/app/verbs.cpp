#include "app/verbs.h"

#include <algorithm>
#include <map>
#include <set>

namespace keystead::app {
namespace {

using enum VerbKind;
using enum OptionKind;

const VerbOption kAccountOption{"--account", RequiredText, "the account's id or e-mail address"};
const VerbOption kWebhookOption{"--webhook", RequiredText, "its id"};
const VerbOption kHostOption{"--host", RequiredText, "its id"};
const VerbOption kYes{"--yes", Flag, "do not ask"};
const VerbOption kFile{kFileArgument, File, "the back-up's file"};

std::vector<Verb> all_verbs()
{
    return {
        {"serve",
         Local,
         "Run the server until SIGTERM.",
         {{"--accept-rollback", Flag,
           "start although the database is older than the last checkpoint sent away; recorded"}}},
        {"init", Local,
         "Make data folder, root key and database, and print the set-up link of the first "
         "operator."},
        {"config check", Local, "Check the settings and say everything that is wrong."},
        {"config show", Local,
         "Print every setting in effect and where it came from; secrets are hidden."},
        {"config reference", Local, "Print docs/settings.md."},
        {"keys status", Command,
         "Say which root key is in use, where it came from, and what every key is for."},
        {"set-up link", Command,
         "Print a new one-time link for the first operator; ends the one before."},
        {"account create",
         Command,
         "Make an account with the password given, or mail an invitation.",
         {{"--email", RequiredText, "its e-mail address"},
          {"--name", Text, "what the person is called"},
          {"--operator", Flag, "an operator's account"},
          {"--password-stdin", StandardInput, "read the password from standard input",
           "password"}}},
        {"account list",
         Command,
         "List accounts.",
         {{"--query", Text, "part of an address or name"}, {"--cursor", Text, "where to go on"}}},
        {"account disable",
         Command,
         "Disable an account and end its sessions.",
         {kAccountOption, kYes}},
        {"account enable", Command, "Enable an account again.", {kAccountOption, kYes}},
        {"account secure",
         Command,
         "Freeze compromised accounts: nothing of theirs is accepted until their owners, who are "
         "told how, have secured them.",
         {{"--account", Text, "the account's id or e-mail address"},
          {"--accounts-stdin", StandardInputLines,
           "read a list of them from standard input, one a line", "accounts"},
          kYes}},
        {"account reset-factors",
         Command,
         "Take an account's second factors away: two operators at once, or after 72 hours of daily "
         "mails.",
         {kAccountOption,
          {"--operator", Text, "the operator's account who asks"},
          {"--second-operator", Text,
           "another operator's account who agrees: at once instead of after 72 hours",
           "second_operator"},
          {"--cancel", Flag, "take the request back"},
          kYes}},
        {"audit verify",
         Command,
         "Check the whole audit log: events, entries, tiles and root against each other and "
         "against "
         "checkpoints kept elsewhere.",
         {{"--checkpoint", FileEnd, "file of checkpoints kept elsewhere; those at its end count",
           "checkpoints"}}},
        {"audit verify-file",
         Local,
         "Check an export or a proof that was downloaded: signature, root, proofs, events, values.",
         {{"FILE", RequiredText, "the file"},
          {"--key", Text, "the log's verifier key, had from elsewhere"},
          {"--checkpoint", FileEnd, "file of checkpoints kept elsewhere"}}},
        {"audit key", Command, "Print the verifier keys of the audit log, newest first."},
        {"audit export",
         Command,
         "Print the audit log, or the events of a filter, as a file that anyone can verify.",
         {{"--format", Text, "jsonl (unless given) or csv"},
          {"--pseudonymous", Flag, "without personal values"},
          {"--actor", Text, "who did it: an id, an address, nobody, operator or system"},
          {"--account", Text, "whom it concerns: an id or an address"},
          {"--action", Text, "such as session.revoke"},
          {"--target", Text, "on what, by id"},
          {"--ip", Text, "from which address"},
          {"--outcome", Text, "ok, refused or failed"},
          {"--text", Text, "words of action, kind of target and plain details"},
          {"--from", Text, "at that time or later (RFC 3339)"},
          {"--before", Text, "before that time"}}},
        {"audit retention", Command,
         "Remove the events that are older than audit.retention, and say where that stands."},
        {"client create",
         Command,
         "Make a service client; its token is shown once.",
         {{"--name", RequiredText, "what it is"},
          {"--rights", RequiredText,
           "introspect, read-accounts, hosts, events; with commas between"}}},
        {"client list", Command, "List service clients."},
        {"client revoke",
         Command,
         "Revoke a service client; its token works no more.",
         {{"--client", RequiredText, "its id"}, kYes}},
        {"client confirm",
         Command,
         "Let a service client in again that a restore suspended.",
         {{"--client", RequiredText, "its id"}}},
        {"account confirm-backup-codes",
         Command,
         "Let an account's backup codes work again that a restore suspended.",
         {kAccountOption, kYes}},
        {"backup",
         Local,
         "Write a back-up of the whole database into a new file, beside a running server.",
         {kFile}},
        {"backup verify",
         Local,
         "Read a back-up to its end and say whether it is whole, and made with this root key.",
         {kFile}},
        {"restore",
         Local,
         "Bring a back-up back where no database is: everybody is signed out, and what may have "
         "been used since is suspended.",
         {kFile}},
        {"migrate",
         Local,
         "Bring the database's schema forward and stop; before that, write a back-up into the data "
         "folder.",
         {{"--no-backup", Flag, "write none"},
          {"--grant-to", Text,
           "PostgreSQL: give this role what the server needs and no more; once given, each "
           "migration does it"}}},
        {"webhook create",
         Command,
         "Send events of every account to a receiver; the secret is shown once.",
         {{"--url", RequiredText, "where to: https://…"},
          {"--events", Text, "event types or groups like session.*, with commas; all unless given"},
          {"--description", Text, "what it is for"}}},
        {"webhook list", Command, "List the webhooks of the instance."},
        {"webhook test", Command, "Send a test event and show what is sent.", {kWebhookOption}},
        {"webhook deliveries",
         Command,
         "List the newest deliveries and what became of them.",
         {kWebhookOption}},
        {"webhook repeat",
         Command,
         "Send a message again.",
         {kWebhookOption, {"--delivery", RequiredText, "its id"}}},
        {"webhook rotate-secret",
         Command,
         "Make a new secret, shown once; for a while the old one signs too.",
         {kWebhookOption}},
        {"webhook enable", Command, "Send to a webhook again.", {kWebhookOption}},
        {"webhook disable",
         Command,
         "Send nothing more to a webhook; what waits is dropped.",
         {kWebhookOption}},
        {"webhook delete", Command, "Delete a webhook.", {kWebhookOption, kYes}},
        {"host add",
         Command,
         "Register a server that lets an account's SSH keys in; what connects it is shown once.",
         {kAccountOption,
          {"--name", RequiredText, "what it is called"},
          {"--login-users", Text, "whom the keys open, with commas; root unless given",
           "login_users"},
          {"--ssh-keys", Text, "ids, with commas; all of the account unless given", "ssh_keys"}}},
        {"host list",
         Command,
         "List an account's servers, and how many removals each has still to confirm.",
         {kAccountOption, {"--cursor", Text, "where to go on"}}},
        {"host show",
         Command,
         "Show a server, and which removals of keys it has confirmed.",
         {kHostOption}},
        {"host end",
         Command,
         "End a server's rental: its tokens and keys end with it.",
         {kHostOption, kYes}},
        {"ssh-key new",
         Local,
         "Make an Ed25519 key pair on this machine with ssh-keygen, which asks for its passphrase, "
         "and add the public half to an account.",
         {{kFileArgument, File, "the private key's file; FILE.pub beside it"},
          {"--account", Text,
           "the account's id or e-mail address; without it the pair is made and nothing is asked "
           "of a server"},
          {"--name", Text, "the key's name; the file's unless given"}}},
        {"doctor", Local,
         "Check settings, keys, database, clock, mail, certificate and security.txt, and say what "
         "to do."},
        {"security-txt", Local,
         "Print the security.txt that the settings make, for gpg to sign; not security_txt.file."},
        {"openapi", Local, "Print the OpenAPI 3.1 document."},
        {"breach-filter build",
         Local,
         "Build a filter of breached passwords from a list.",
         {{"--in", RequiredText, "the list: SHA-1 in hex or passwords, one a line"},
          {"--out", RequiredText, "the filter to write"}}},
        {"completion bash", Local, "Print a completion script for bash."},
        {"reference", Local, "Print docs/cli.md."},
    };
}

} // namespace

std::span<const Verb> verbs()
{
    static const std::vector<Verb> all = all_verbs();
    return all;
}

const Verb* find_verb(std::string_view name)
{
    const auto found = std::ranges::find(verbs(), name, &Verb::name);
    return found == verbs().end() ? nullptr : &*found;
}

std::string bash_completion()
{
    std::set<std::string> first_words;
    std::map<std::string, std::string> next_words;
    std::string options_cases;
    for (const auto& verb : verbs()) {
        const std::string name(verb.name);
        const std::size_t space = name.find(' ');
        first_words.insert(name.substr(0, space));
        if (space != std::string::npos) {
            next_words[name.substr(0, space)] += " " + name.substr(space + 1);
        }
        std::string options;
        for (const auto& option : verb.options) {
            options += option.kind == File ? "" : " " + std::string(option.name);
        }
        options_cases += "        \"" + name + "\") words=\"" +
                         options.erase(0, options.empty() ? 0 : 1) + (options.empty() ? "" : " ") +
                         "--config --preset --output\" ;;\n";
    }
    std::string out = "# keystead completion bash\n_keystead() {\n    local "
                      "current=${COMP_WORDS[COMP_CWORD]} words=\"\"\n"
                      "    if [[ $COMP_CWORD -eq 1 ]]; then\n        words=\"";
    for (const auto& word : first_words) {
        out += word + " ";
    }
    out += "\"\n    elif [[ $COMP_CWORD -eq 2 && $current != -* ]]; then\n        case "
           "${COMP_WORDS[1]} in\n";
    for (const auto& [first, rest] : next_words) {
        out += "        " + first + ") words=\"" + rest.substr(1) + "\" ;;\n";
    }
    out +=
        "        esac\n    fi\n    if [[ -z $words ]]; then\n        local verb=${COMP_WORDS[1]}\n"
        "        [[ ${COMP_WORDS[2]:-} == -* || -z ${COMP_WORDS[2]:-} ]] || verb=\"$verb "
        "${COMP_WORDS[2]}\"\n        case $verb in\n" +
        options_cases +
        "        esac\n    fi\n    COMPREPLY=($(compgen -W \"$words\" -- "
        "\"$current\"))\n}\ncomplete -F _keystead keystead\n";
    return out;
}

std::string cli_reference()
{
    std::string out = R"(# The command line

Made by `keystead reference`; a test holds this file against the binary.

`keystead VERB [options]`. Everywhere: `--config FILE` and `--preset NAME` (settings.md), `--output text|json`. Verbs marked
"server" ask the server that runs on the data folder, by the socket `control.sock` in it (mode 0600, same user or root);
when none runs they open the database themselves. Secrets are read from standard input, never from arguments.

| verb | | what it does | options |
| --- | --- | --- | --- |
)";
    for (const auto& verb : verbs()) {
        std::string options;
        for (const auto& option : verb.options) {
            options += (options.empty() ? "`" : "; `") +
                       std::string(option.kind == File ? "FILE" : option.name) + "`" +
                       (option.kind == RequiredText ? " (needed) " : " ") +
                       std::string(option.words);
        }
        out += "| `" + std::string(verb.name) + "` | " + (verb.kind == Command ? "server" : "") +
               " | " + std::string(verb.words) + " | " + options + " |\n";
    }
    return out + R"(
| exit status | meaning |
| --- | --- |
| 0 | done |
| 1 | something is broken, or a check of `doctor` failed |
| 2 | the command line itself is wrong |
| 3 | the settings are refused |
| 4 | what was named does not exist |
| 5 | a rule refused it: invalid input, conflict, limit, not allowed |
| 6 | busy, locked by another process or unreadable: try again |
)";
}

} // namespace keystead::app
