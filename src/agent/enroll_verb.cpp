#include "agent/api_client.h"
#include "agent/desk.h"
#include "agent/state.h"
#include "agent/surroundings.h"
#include "agent/verbs.h"
#include "agent/version.h"
#include "agent/words.h"
#include "core/json.h"

#include <array>
#include <cstdio>
#include <cstring>

#include <fcntl.h>

namespace keystead::agent {
namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr std::size_t kTokenBytesMax = 512;

Error refused(std::string detail)
{
    return {ErrorKind::InvalidInput, "agent/enroll", std::move(detail)};
}

/// From a file, or the one line of standard input: an argument would be seen by everybody (ps).
Result<Secret> read_token(const std::optional<std::string>& file)
{
    const Descriptor opened(file ? ::open(file->c_str(), O_RDONLY | O_CLOEXEC)
                                 : ::dup(STDIN_FILENO));
    if (!opened.is_open()) {
        return refused("the token's file cannot be read: " + std::string(std::strerror(errno)));
    }
    Secret text(kTokenBytesMax);
    std::size_t size = 0;
    while (size < kTokenBytesMax) {
        const ssize_t got =
            ::read(opened.number(), text.writable().data() + size, kTokenBytesMax - size);
        if (got <= 0) {
            break;
        }
        size += static_cast<std::size_t>(got);
    }
    auto token = text.reveal_text().substr(0, size);
    while (token.ends_with('\n') || token.ends_with('\r') || token.ends_with(' ')) {
        token.remove_suffix(1);
    }
    if (!token.starts_with("ks_enr_") || !is_token_text(token)) {
        return refused("that is no enrolment token: it begins with ks_enr_");
    }
    return Secret::copy_of(token);
}

struct Request {
    Settings settings;
    ServerAddress server;
    std::string answer_key;
    std::string state_folder;
};

Result<Request> read_request(const Arguments& arguments)
{
    Request request;
    request.settings.server = arguments.value_or("server", "");
    while (request.settings.server.ends_with('/')) {
        request.settings.server.pop_back();
    }
    request.settings.pins = arguments.all("pin");
    request.settings.command_user = arguments.value_or("command-user", kCommandUser);
    request.answer_key = arguments.value_or("answer-key", "");
    request.state_folder = arguments.value_or("state", kStateFolder);
    KS_TRY(request.server, parse_server_address(request.settings.server));
    KS_CHECK(parse_answer_key(request.answer_key).has_value()
                 ? Result<void>{}
                 : refused("--answer-key is 32 bytes in base64, as Keystead shows it"));
    if (request.server.scheme == Scheme::Https && request.settings.pins.empty()) {
        return refused("https needs at least one --pin sha256//…, as Keystead shows it");
    }
    for (const std::string& pin : request.settings.pins) {
        if (!is_pin(pin)) {
            return refused("--pin is sha256// and 32 bytes in base64");
        }
    }
    if (!is_login_user(request.settings.command_user)) {
        return refused("--command-user is no user's name");
    }
    return request;
}

std::string enroll_json()
{
    std::array<char, 256> name{};
    (void)::gethostname(name.data(), name.size() - 1);
    JsonWriter json;
    json.begin_object().member("agent_version", kAgentVersion);
    if (name[0] != '\0') {
        json.member("host_name", std::string_view(name.data()));
    }
    json.end_object();
    return std::move(json).take();
}

struct Enrolled {
    std::string host;
    Secret token;
};

Result<Enrolled> read_answer(const Answer& answer, std::string_view answer_key)
{
    if (answer.head.status == 401) {
        return refused("Keystead does not take the token: it was used, replaced or is too old. Ask "
                       "for a new one.");
    }
    if (answer.head.status != 201) {
        return refused("Keystead answers with status " + std::to_string(answer.head.status));
    }
    KS_TRY(const auto json, parse_json(answer.body));
    const auto text_of = [&json](std::string_view name) {
        const auto* const value = json.find(name);
        return value != nullptr && value->kind() == JsonValue::Kind::String ? value->string()
                                                                            : std::string_view{};
    };
    const auto host = text_of("host");
    const auto token = text_of("token");
    if (!host.starts_with("hst_") || !is_token_text(host) || !token.starts_with("ks_host_") ||
        !is_token_text(token)) {
        return refused("Keystead's answer is not one to an enrolment");
    }
    if (text_of("answer_key") != answer_key) {
        return refused("Keystead signs with another key than --answer-key says");
    }
    return Enrolled{std::string(host), Secret::copy_of(token)};
}

void print_next_steps(const Request& request, const std::string& host)
{
    const std::string& state = request.state_folder;
    const std::string option = state == kStateFolder ? "" : " --state " + state;
    const std::string text =
        "This server is " + host +
        " now. Put into /etc/ssh/sshd_config:\n\n"
        "    AuthorizedKeysCommand /usr/local/sbin/keystead-sshd authorized-keys" +
        option +
        " %u %k %t %f\n"
        "    AuthorizedKeysCommandUser " +
        request.settings.command_user +
        "\n"
        "    RevokedKeys " +
        state +
        "/public/revoked-keys\n"
        "    UsePAM yes\n\n"
        "as the first line of /etc/pam.d/sshd, before all that a user may have a say in:\n\n"
        "    session optional pam_exec.so quiet /usr/local/sbin/keystead-sshd session\n\n"
        "and then:\n\n"
        "    systemctl restart keystead-sshd ssh\n";
    (void)std::fputs(text.c_str(), stdout);
}

Result<void> enroll(const Arguments& arguments)
{
    KS_TRY(const auto request, read_request(arguments));
    KS_TRY(const auto token, read_token(arguments.find("token-file")));
    // Before the token is spent: it works once.
    KS_TRY(const auto state, State::open_or_make(request.state_folder));
    ApiClient client(request.server, request.settings.pins);
    KS_TRY(const auto answer, client.post("/v1/hosts/enroll", token, enroll_json(), kPatience));
    KS_TRY(const auto enrolled, read_answer(answer, request.answer_key));
    KS_CHECK(state.enroll(request.settings, enrolled.host, request.answer_key, enrolled.token));
    print_next_steps(request, enrolled.host);
    return {};
}

} // namespace

int enroll_verb(const std::vector<std::string>& arguments)
{
    const auto parsed = parse_arguments(
        arguments, {"server", "answer-key", "pin", "state", "token-file", "command-user"});
    const auto done = parsed ? enroll(*parsed) : Result<void>(parsed.error());
    if (!done) {
        log_line(done.error().detail.empty() ? std::string(done.error().code)
                                             : done.error().detail);
    }
    return done ? 0 : 1;
}

} // namespace keystead::agent
