#include "features/host/enrolment_words.h"

#include "core/encoding.h"

namespace keystead::host {
namespace {

constexpr std::string_view kTokenFile = "/run/keystead-enrolment";

std::vector<std::string> arguments_of(const EnrolmentWords& words)
{
    std::vector<std::string> arguments = {"enroll", "--server", words.server_url, "--answer-key",
                                          base64_encode(words.answer_key)};
    for (const std::string& pin : words.pins) {
        arguments.emplace_back("--pin");
        arguments.push_back(pin);
    }
    return arguments;
}

/// Kept from where it could be left behind.
Secret wiped(std::string& text)
{
    Secret secret = Secret::copy_of(text);
    explicit_bzero(text.data(), text.size());
    return secret;
}

bool is_plain(std::string_view word)
{
    return word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-_./:+=,@%") == std::string_view::npos;
}

/// For a shell (POSIX 2.2.2): what stands between single quotes is taken as it is.
std::string quoted(std::string_view word)
{
    if (is_plain(word)) {
        return std::string(word);
    }
    std::string out = "'";
    for (const char c : word) {
        out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return out + "'";
}

} // namespace

Secret enrolment_command(const EnrolmentWords& words, std::string_view token)
{
    std::string text;
    text.reserve(1024 + token.size() + words.server_url.size() + 100 * words.pins.size());
    text.append("printf %s ").append(token).append(" | sudo keystead-sshd");
    for (const std::string& argument : arguments_of(words)) {
        text.append(" ").append(quoted(argument));
    }
    return wiped(text);
}

Secret cloud_init(const EnrolmentWords& words, std::string_view token)
{
    std::string text;
    text.reserve(2048 + token.size() + words.server_url.size() + 100 * words.pins.size());
    text.append("#cloud-config\nwrite_files:\n  - path: ").append(kTokenFile);
    text.append("\n    permissions: '0600'\n    content: ").append(token);
    text.append("\nruncmd:\n  - [keystead-sshd");
    for (const std::string& argument : arguments_of(words)) {
        text.append(", "); // A string of JSON is one of YAML (YAML 1.2.2 §1.3).
        append_json_string(text, argument);
    }
    text.append(", --token-file, ").append(kTokenFile).append("]\n");
    text.append("  - [rm, -f, ").append(kTokenFile).append("]\n");
    text.append("  - [systemctl, enable, --now, keystead-sshd]\n");
    return wiped(text);
}

} // namespace keystead::host
