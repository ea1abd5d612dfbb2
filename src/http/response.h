// http/response.h
//
// What a handler answers. The server adds Date, security headers, request id and limits.
#pragma once

#include "core/result.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keystead::http {

/// A cookie of ours: always Secure, HttpOnly, SameSite=Lax, Path=/, no Domain (so "__Host-" holds).
struct Cookie {
    std::string name;
    std::string value;                           // empty and max_age 0: cleared
    std::optional<std::chrono::seconds> max_age; // nothing: ends with the browser
};

/// A body that is made piece by piece, each on the route's lane and only when the one before has
/// left: however large it is and however slowly it is read, one piece is in memory and no thread
/// waits for the reader. It owns what it needs: the Request is gone when pieces are asked for.
class BodySource {
public:
    enum class More : std::uint8_t { Follows, No };
    static constexpr std::size_t kPieceBytes = 64 * 1024; // about as large as a piece should be
    virtual ~BodySource() = default;
    /// Appends the next piece; not empty while more follows. The first is made before the head
    /// leaves, so that its Error is answered as one; after that an Error cuts the connection, and
    /// the reader sees that the body is not whole (RFC 9112 §8).
    virtual Result<More> next(std::string& piece) = 0;
};

struct Response {
    int status = 204;
    std::string content_type = {}; // empty: no body
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::vector<Cookie> cookies = {};
    /// Makes the body instead of `body`. Of routes on the slow lane.
    std::shared_ptr<BodySource> source = {};
    /// Answer with this error's problem document instead of `status` and `body`; headers and
    /// cookies go with it.
    std::shared_ptr<const Error> refusal = {};
    enum class Sensitivity : std::uint8_t { Ordinary, Secret } sensitivity = Sensitivity::Ordinary;

    static Response refused(Error error)
    {
        Response response;
        response.refusal = std::make_shared<const Error>(std::move(error));
        return response;
    }
    /// Shows a secret: every buffer it passes through is zeroed once it is sent. (Cookies always
    /// are.) Made by a JsonWriter that had its room from the start.
    static Response secret_json(int status, std::string body)
    {
        Response response = json(status, std::move(body));
        response.sensitivity = Sensitivity::Secret;
        return response;
    }
    bool holds_secret() const { return sensitivity == Sensitivity::Secret || !cookies.empty(); }
    static Response no_content() { return {}; }
    static Response json(int status, std::string body)
    {
        return {.status = status, .content_type = "application/json", .body = std::move(body)};
    }
    static Response stream(std::string content_type, std::shared_ptr<BodySource> source)
    {
        return {
            .status = 200, .content_type = std::move(content_type), .source = std::move(source)};
    }
    Response&& with_header(std::string name, std::string value) &&
    {
        headers.emplace_back(std::move(name), std::move(value));
        return std::move(*this);
    }
    Response&& with_cookie(Cookie cookie) &&
    {
        cookies.push_back(std::move(cookie));
        return std::move(*this);
    }
};

} // namespace keystead::http
