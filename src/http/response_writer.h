// http/response_writer.h
//
// Answers as bytes. The fields that every answer has are put together once, at start; what changes
// is appended. Header fields from handlers are our own text: a line break in one breaks an
// invariant.
#pragma once

#include "core/clock.h"
#include "http/rate_limiter.h"
#include "http/response.h"
#include "http/static_assets.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace keystead::http {

/// Field lines that answers of a kind share, each ending in CRLF (security.md 27 and 28).
struct FieldBlocks {
    /// What browsers are told to reach by TLS alone from now on (RFC 6797). The names below ours
    /// are spoken for only where the host is our own, and not the product's.
    enum class Transport : std::uint8_t { MaybeClear, TlsHere, TlsHereAndBelow };
    explicit FieldBlocks(Transport transport);
    std::string everywhere; // nosniff, no-referrer, COOP, CORP, HSTS over TLS
    std::string api;        // everywhere, no-store, Content-Security-Policy: default-src 'none';
                            // frame-ancestors 'none'; sandbox
    std::string no_store;
    std::string asset_immutable; // cached for a year: the name holds a hash of the content
    /// Content-Security-Policy of a page whose scripts and styles carry `nonce`.
    static std::string page_policy(std::string_view nonce);
};

/// Texts of the current time, made once a second.
class TimeTexts {
public:
    /// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7)
    std::string_view http_date(Instant now);
    /// As rfc3339().
    void append_rfc3339(std::string& out, Instant now);

private:
    void update(Instant now);
    std::chrono::sys_seconds second_{std::chrono::seconds{-1}};
    std::string date_;
    std::string second_text_; // "2026-11-22T02:34:41"
};

enum class BodyOmission : std::uint8_t { Send, HeadOnly };
enum class StreamFraming : std::uint8_t { Chunks, UntilClose };
enum class After : std::uint8_t { KeepAlive, Close };

struct AnswerContext {
    const FieldBlocks& blocks;
    std::string_view date;
    std::string_view request_id;
    BodyOmission body = BodyOmission::Send;
    After after = After::KeepAlive;
    LimitVerdict limit = {};
    std::string_view page_nonce = {}; // not empty: an HTML page of the UI
};

std::string_view reason_phrase(int status);

/// Status line, Date, Keystead-Request-Id and Connection: how every answer begins.
void append_answer_start(std::string& out, int status, const AnswerContext& context);
/// A whole answer with its body.
void append_response(std::string& out, const Response& response, const AnswerContext& context);
/// The head of an answer whose body follows in pieces: in chunks, or, where the connection closes
/// after it, until then.
void append_stream_head(std::string& out, const Response& response, const AnswerContext& context,
                        StreamFraming framing);
/// One chunk (RFC 9112 §7.1); `piece` is not empty.
void append_chunk(std::string& out, std::string_view piece);
void append_last_chunk(std::string& out);
/// The head of an answer that carries a file; returns which of its forms follows (empty for HEAD
/// and 304).
std::string_view append_asset_head(std::string& out, const Asset& asset,
                                   std::string_view accept_encoding, std::string_view if_none_match,
                                   const AnswerContext& context);

} // namespace keystead::http
