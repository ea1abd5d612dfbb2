// http/exchange.h
//
// One request on its way to a handler and its answer on the way back, for every route that needs
// more than the connection's buffer. It belongs to the event loop or to the one lane thread that
// runs it, never to both.
#pragma once

#include "http/cookies.h"
#include "http/head.h"
#include "http/lane_pool.h"
#include "http/request.h"
#include "http/route_table.h"
#include "http/site.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace keystead::http {

class Exchange {
public:
    Exchange(Site& site, const Head& head, const RouteTable::Match& match, std::string_view path);
    ~Exchange(); // Wipes the body and the credentials.
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    /// What can be refused before the body is read: query, media type, cross-site rule, and, where
    /// memory knows the principal, access, anti-forgery token and limits. `principal`: from memory,
    /// or nothing.
    Result<void> prepare(const Head& head, const Credentials& credentials,
                         const OurCookies& cookies, std::optional<Principal> principal);

    std::string& body() { return body_; }
    const Request& request() const { return request_; }
    Request& request() { return request_; }
    const Route& route() const { return *route_; }

    /// The lane that the next run() belongs on; Inline: the event loop itself.
    LaneKind lane() const;
    Place place() const;
    /// One step: loading the principal, the handler, or both where they share a lane; then, of an
    /// answer with a BodySource, one piece each. True when there is an answer, or a piece.
    bool run();
    /// Answers in the handler's stead.
    void refuse(const Error& error);

    /// Memory could not answer an inline route: its handler runs on the store lane.
    void leave_inline_lane() { leaves_inline_lane_ = true; }
    const Response& response() const { return response_; }
    /// Whether the answer has begun and run() makes its next piece.
    bool is_streaming() const { return streaming_; }
    void begin_streaming() { streaming_ = true; }
    enum class Piece : std::uint8_t { MoreFollow, Last, Failed };
    Piece piece_kind() const { return piece_kind_; }
    const std::string& piece() const { return piece_; }
    const LimitVerdict& limit() const { return limit_; }
    /// When the answer may leave; a time in the past unless it has to wait for its slot.
    std::chrono::steady_clock::time_point leaves_at(
        std::chrono::steady_clock::time_point now) const;

private:
    Credentials credentials() const
    {
        return {session_cookie_, flow_cookie_, bearer_, request_.client_address, token_use_};
    }
    Result<void> admit();
    Result<void> admit_look_up();
    Result<void> charge(const Principal& principal);
    Result<Response> handle();
    Result<void> make_piece();
    void report(const Error& error);

    Site& site_;
    const Route* route_;
    Request request_;
    std::string body_;
    std::string session_cookie_;
    std::string flow_cookie_;
    std::string bearer_;
    TokenUse token_use_ = TokenUse::Api;
    bool principal_known_ = false;
    bool leaves_inline_lane_ = false;
    bool handler_ran_ = false;
    bool head_only_ = false;
    bool streaming_ = false;
    Piece piece_kind_ = Piece::Last;
    std::string piece_;
    LimitVerdict limit_;
    Response response_;
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

} // namespace keystead::http
