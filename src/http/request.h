// http/request.h
//
// What a handler sees of a request: parsed, validated, authorized. Plain values, valid for the
// length of the call.
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/ip_address.h"
#include "core/json.h"
#include "core/secret.h"
#include "http/principal.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keystead::http {

enum class Method : std::uint8_t { Get, Head, Post, Put, Patch, Delete, Options };

/// The validated JSON body. Members are there and of their kind as the route's schema says; asking
/// for another breaks an invariant of ours.
class Body {
public:
    Body() = default;
    explicit Body(JsonValue value) : value_(std::move(value)) {}
    std::string_view text(std::string_view name) const;
    std::optional<std::string_view> optional_text(std::string_view name) const;
    Secret secret(std::string_view name) const;
    bool flag(std::string_view name, bool when_absent) const;
    std::int64_t integer(std::string_view name) const;
    std::optional<std::int64_t> optional_integer(std::string_view name) const;
    bool has(std::string_view name) const { return value_.find(name) != nullptr; }
    const JsonValue& value() const { return value_; }

private:
    JsonValue value_;
};

class Request {
public:
    Method method = Method::Get;
    std::string path; // canonical, without query and base path
    std::vector<std::pair<std::string, std::string>> path_parameters;  // {id} → decoded text
    std::vector<std::pair<std::string, std::string>> query_parameters; // validated, decoded
    std::vector<std::pair<std::string, std::string>>
        headers; // lower-case names, as received before any body
    std::vector<std::pair<std::string, std::string>> cookies; // ours
    /// Names of cookies that are not ours, kForeignCookiesMax at most, in requests to routes of
    /// sessions; not in checks, which bring the product's own.
    std::vector<std::string> foreign_cookies;
    static constexpr std::size_t kForeignCookiesMax = 32;
    std::string
        raw_body; // for routes whose schema is None but that take a body of their own (introspect)
    Body body;
    Principal principal;
    IpAddress client_address;
    RequestId id;
    Instant received_at{};

    /// The path parameter's text; asking for one the route does not have breaks an invariant.
    std::string_view path_parameter(std::string_view name) const;
    std::optional<std::string_view> query(std::string_view name) const;
    std::optional<std::string_view> header(std::string_view lower_case_name) const;
    std::optional<std::string_view> cookie(std::string_view name) const;
    ClientDescription client_description() const;
    /// Who is doing this, for audit and notices.
    Actor actor() const;
};

} // namespace keystead::http
