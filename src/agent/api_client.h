// agent/api_client.h
//
// Asks Keystead's HTTP API: one request after the other over a connection that is kept, since a
// handshake every two seconds from a thousand servers would cost more than all answers. No
// redirects, no cookies; an answer is bounded in bytes and in time.
#pragma once

#include "agent/connection.h"
#include "agent/http_answer.h"
#include "core/result.h"
#include "core/secret.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::agent {

struct Answer {
    AnswerHead head;
    std::string body;
};

class ApiClient {
public:
    ApiClient(ServerAddress address, std::vector<std::string> pins)
        : address_(std::move(address)), pins_(std::move(pins))
    {
    }

    /// `path` below the server's address. Errors (Unavailable): agent/unreachable, agent/wrong-pin;
    /// agent/malformed-http.
    Result<Answer> get(const std::string& path, const Secret& token, std::chrono::seconds patience);
    /// A JSON body. Asked again when a kept connection turns out to have ended before an answer
    /// began, so only for what may come twice.
    Result<Answer> post(const std::string& path, const Secret& token, std::string_view json,
                        std::chrono::seconds patience);

private:
    Result<Answer> ask(std::string_view method, const std::string& path, const Secret& token,
                       std::optional<std::string_view> json, std::chrono::seconds patience);
    Result<Answer> ask_once(std::string_view head, const Secret& token, std::string_view rest,
                            Deadline deadline);
    Result<Answer> read_answer(Deadline deadline);

    ServerAddress address_;
    std::vector<std::string> pins_;
    std::optional<Connection> connection_;
};

} // namespace keystead::agent
