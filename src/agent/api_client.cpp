#include "agent/api_client.h"

#include "agent/statement.h"
#include "agent/version.h"
#include "agent/wait.h"

#include <array>

namespace keystead::agent {
namespace {

constexpr std::string_view kNoAnswer = "agent/no-answer"; // The connection had ended before.

} // namespace

Result<Answer> ApiClient::get(const std::string& path, const Secret& token,
                              std::chrono::seconds patience)
{
    return ask("GET", path, token, std::nullopt, patience);
}

Result<Answer> ApiClient::post(const std::string& path, const Secret& token, std::string_view json,
                               std::chrono::seconds patience)
{
    return ask("POST", path, token, json, patience);
}

Result<Answer> ApiClient::ask(std::string_view method, const std::string& path, const Secret& token,
                              std::optional<std::string_view> json, std::chrono::seconds patience)
{
    std::string head(method);
    head.append(" ").append(address_.base_path).append(path).append(" HTTP/1.1\r\nHost: ");
    head.append(address_.host_field).append("\r\nUser-Agent: keystead-sshd/").append(kAgentVersion);
    head.append("\r\nAccept: */*\r\nAuthorization: Bearer ");
    std::string rest = "\r\n";
    if (json) {
        rest += "Content-Type: application/json\r\nContent-Length: ";
        rest += std::to_string(json->size()) + "\r\n";
    }
    rest += "\r\n";
    rest += json.value_or(std::string_view{});

    const auto deadline = std::chrono::steady_clock::now() + patience;
    const bool was_kept = connection_.has_value();
    auto answer = ask_once(head, token, rest, deadline);
    if (!answer && was_kept && answer.error().code == kNoAnswer) {
        answer = ask_once(head, token, rest, deadline); // on a new connection
    }
    if (!answer) {
        connection_.reset();
        if (answer.error().code == kNoAnswer) {
            answer.error().code = "agent/unreachable";
        }
    }
    return answer;
}

Result<Answer> ApiClient::ask_once(std::string_view head, const Secret& token,
                                   std::string_view rest, Deadline deadline)
{
    if (!connection_) {
        KS_TRY(auto connection, Connection::open(address_, pins_, deadline));
        connection_.emplace(std::move(connection));
    }
    Secret request(head.size() + token.size() + rest.size());
    auto* out = reinterpret_cast<char*>(request.writable().data());
    for (const std::string_view part : {head, token.reveal_text(), rest}) {
        out += part.copy(out, part.size());
    }
    if (auto sent = connection_->write(request.reveal_text(), deadline); !sent) {
        connection_.reset();
        return Error{ErrorKind::Unavailable, kNoAnswer, sent.error().detail};
    }
    auto answer = read_answer(deadline);
    if (!answer || !answer->head.is_kept_alive) {
        connection_.reset();
    }
    return answer;
}

Result<Answer> ApiClient::read_answer(Deadline deadline)
{
    std::string received;
    std::array<char, 16 * 1024> part{};
    std::optional<AnswerHead> head;
    while (!head || received.size() < head->head_bytes + head->body_bytes) {
        const auto size = connection_->read(part, deadline);
        if (!size || *size == 0) {
            const bool had_ended = received.empty() && milliseconds_left(deadline) > 0;
            return Error{ErrorKind::Unavailable,
                         had_ended ? kNoAnswer : std::string_view("agent/unreachable"),
                         "the connection ends before the answer does"};
        }
        received.append(part.data(), *size);
        if (!head) {
            KS_TRY(head, parse_answer_head(received, kSnapshotBytesMax));
        }
    }
    if (received.size() > head->head_bytes + head->body_bytes) {
        return Error{ErrorKind::InvalidInput, "agent/malformed-http", "more than one answer came"};
    }
    received.erase(0, head->head_bytes);
    return Answer{*std::move(head), std::move(received)};
}

} // namespace keystead::agent
