// http/response.h
//
// What a handler answers. The server adds Date, security headers, request id and limits.
#pragma once

#include "core/result.h"

#include <chrono>
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

struct Response {
    int status = 204;
    std::string content_type = {}; // empty: no body
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::vector<Cookie> cookies = {};
    /// Answer with this error's problem document instead of `status` and `body`; headers and
    /// cookies go with it.
    std::shared_ptr<const Error> refusal = {};

    static Response refused(Error error)
    {
        Response response;
        response.refusal = std::make_shared<const Error>(std::move(error));
        return response;
    }
    static Response no_content() { return {}; }
    static Response json(int status, std::string body)
    {
        return {.status = status, .content_type = "application/json", .body = std::move(body)};
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
