// http/response_writer.cpp
#include "http/response_writer.h"

#include "core/encoding.h"
#include "core/result.h"
#include "http/ascii.h"
#include "http/cookies.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace keystead::http {
namespace {

void append_decimal(std::string& out, std::uint64_t number)
{
    std::array<char, 20> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    out.append(digits.data(), end);
}

void append_field(std::string& out, std::string_view name, std::string_view value)
{
    for (const char c : value) {
        KS_ASSERT(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    }
    out.append(name).append(": ").append(value).append("\r\n");
}

bool has_own(const Response& response, std::string_view lower_case_name)
{
    return std::ranges::any_of(response.headers, [&](const auto& field) {
        return ascii_iequal(field.first, lower_case_name);
    });
}

void append_policy(std::string& out, const Response& response, const AnswerContext& context)
{
    if (!context.page_nonce.empty()) {
        out.append(context.blocks.everywhere).append(context.blocks.no_store);
        append_field(out, "Content-Security-Policy", FieldBlocks::page_policy(context.page_nonce));
        out.append(
            "Permissions-Policy: camera=(), geolocation=(), microphone=(), payment=(), usb=()\r\n");
    } else if (has_own(response, "content-security-policy") || has_own(response, "cache-control")) {
        out.append(context.blocks.everywhere);
        if (!has_own(response, "cache-control")) {
            out.append(context.blocks.no_store);
        }
        if (!has_own(response, "content-security-policy")) {
            out.append(
                "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'; sandbox\r\n");
        }
    } else {
        out.append(context.blocks.api);
    }
}

/// Whether `coding` is accepted: named, and not with a quality of nothing (RFC 9110 §12.5.3).
bool accepts(std::string_view accept_encoding, std::string_view coding)
{
    while (!accept_encoding.empty()) {
        const std::size_t comma = accept_encoding.find(',');
        const std::string_view item = trim(accept_encoding.substr(0, comma));
        const std::size_t semicolon = item.find(';');
        if (ascii_iequal(trim(item.substr(0, semicolon)), coding)) {
            const std::string_view quality = semicolon == std::string_view::npos
                                                 ? std::string_view{}
                                                 : trim(item.substr(semicolon + 1));
            return quality.find_first_not_of("qQ=0. ") != std::string_view::npos || quality.empty();
        }
        accept_encoding = comma == std::string_view::npos ? std::string_view{}
                                                          : accept_encoding.substr(comma + 1);
    }
    return false;
}

} // namespace

FieldBlocks::FieldBlocks(Transport transport)
    : everywhere("X-Content-Type-Options: nosniff\r\n"
                 "Referrer-Policy: no-referrer\r\n"
                 "Cross-Origin-Opener-Policy: same-origin\r\n"
                 "Cross-Origin-Resource-Policy: same-origin\r\n"),
      no_store("Cache-Control: no-store\r\n"),
      asset_immutable("Cache-Control: public, max-age=31536000, immutable\r\n")
{
    if (transport != Transport::MaybeClear) {
        everywhere += "Strict-Transport-Security: max-age=63072000";
        everywhere += transport == Transport::TlsHereAndBelow ? "; includeSubDomains\r\n" : "\r\n";
    }
    // A sandbox without permissions: an answer of the API that is opened as a document can do
    // nothing.
    api = everywhere + no_store +
          "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'; sandbox\r\n";
}

std::string FieldBlocks::page_policy(std::string_view nonce)
{
    const std::string quoted = "'nonce-" + std::string(nonce) + "'";
    return "default-src 'none'; script-src " + quoted + " 'strict-dynamic'; style-src 'self' " +
           quoted +
           "; worker-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
           "base-uri 'none'; "
           "object-src 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
           "trusted-types app";
}

void TimeTexts::update(Instant now)
{
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    if (second == second_) {
        return;
    }
    second_ = second;
    second_text_ =
        rfc3339(Instant{second}).substr(0, std::string_view("2026-11-22T02:34:41").size());
    static constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed",
                                                           "Thu", "Fri", "Sat"};
    static constexpr std::array<std::string_view, 12> kMonths{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date{day};
    const std::string_view text = second_text_;
    date_.assign(kDays[std::chrono::weekday{day}.c_encoding()])
        .append(", ")
        .append(text.substr(8, 2))
        .append(" ");
    date_.append(kMonths[static_cast<unsigned>(date.month()) - 1])
        .append(" ")
        .append(text.substr(0, 4))
        .append(" ");
    date_.append(text.substr(11, 8)).append(" GMT");
}

std::string_view TimeTexts::http_date(Instant now)
{
    update(now);
    return date_;
}

void TimeTexts::append_rfc3339(std::string& out, Instant now)
{
    update(now);
    std::array<char, 8> fraction{'.', '0', '0', '0', '0', '0', '0', 'Z'};
    auto micros = (now - second_).count();
    for (std::size_t index = 6; index > 0; --index, micros /= 10) {
        fraction[index] = static_cast<char>('0' + micros % 10);
    }
    out.append(second_text_).append(fraction.data(), fraction.size());
}

std::string_view reason_phrase(int status)
{
    switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    default: return "Other"; // The phrase says nothing to programs (RFC 9112 §4).
    }
}

void append_answer_start(std::string& out, int status, const AnswerContext& context)
{
    out.append("HTTP/1.1 ");
    append_decimal(out, static_cast<std::uint64_t>(status));
    out.append(" ").append(reason_phrase(status)).append("\r\nDate: ").append(context.date);
    out.append("\r\nKeystead-Request-Id: ").append(context.request_id).append("\r\n");
    if (context.after == After::Close) {
        out.append("Connection: close\r\n");
    }
}

namespace {

/// Everything of a head but what frames the body.
void append_fields(std::string& out, const Response& response, const AnswerContext& context)
{
    append_answer_start(out, response.status, context);
    append_policy(out, response, context);
    append_rate_limit_fields(out, context.limit);
    for (const auto& [name, value] : response.headers) {
        append_field(out, name, value);
    }
    for (const auto& cookie : response.cookies) {
        out.append("Set-Cookie: ");
        append_set_cookie(out, cookie);
        out.append("\r\n");
    }
    if (!response.content_type.empty()) {
        append_field(out, "Content-Type", response.content_type);
    }
}

} // namespace

void append_stream_head(std::string& out, const Response& response, const AnswerContext& context,
                        StreamFraming framing)
{
    append_fields(out, response, context);
    out.append(framing == StreamFraming::Chunks ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
}

void append_chunk(std::string& out, std::string_view piece)
{
    std::array<char, 16> digits{};
    const auto [end, error] =
        std::to_chars(digits.data(), digits.data() + digits.size(), piece.size(), 16);
    out.append(digits.data(), end).append("\r\n").append(piece).append("\r\n");
}

void append_last_chunk(std::string& out)
{
    out.append("0\r\n\r\n");
}

void append_response(std::string& out, const Response& response, const AnswerContext& context)
{
    append_fields(out, response, context);
    // "A server MUST NOT send a Content-Length header field in any response with a status code of
    // 1xx or 204" (RFC 9110 §8.6).
    if (response.status != 204 && response.status != 304) {
        out.append("Content-Length: ");
        append_decimal(out, response.body.size());
        out.append("\r\n");
    }
    out.append("\r\n");
    if (context.body == BodyOmission::Send && response.status != 204 && response.status != 304) {
        out.append(response.body);
    }
}

std::string_view append_asset_head(std::string& out, const Asset& asset,
                                   std::string_view accept_encoding, std::string_view if_none_match,
                                   const AnswerContext& context)
{
    std::string_view coding;
    std::string_view body = asset.identity;
    if (!asset.brotli.empty() && accepts(accept_encoding, "br")) {
        coding = "br";
        body = asset.brotli;
    } else if (!asset.gzip.empty() && accepts(accept_encoding, "gzip")) {
        coding = "gzip";
        body = asset.gzip;
    }
    const bool unchanged = !asset.etag.empty() && asset.etag == if_none_match;
    append_answer_start(out, unchanged ? 304 : 200, context);
    out.append(context.blocks.everywhere);
    out.append(asset.immutable ? context.blocks.asset_immutable : context.blocks.no_store);
    // A worker lives by the policy of its own script: in a sandbox it may not run. It can reach
    // nothing, and evaluates no text.
    out.append("Content-Security-Policy: default-src 'none'; frame-ancestors 'none'");
    out.append(asset.content_type.starts_with("text/javascript") ? "" : "; sandbox");
    out.append("\r\nVary: Accept-Encoding\r\n");
    if (!asset.etag.empty()) {
        append_field(out, "ETag", asset.etag);
    }
    if (unchanged) {
        out.append("\r\n");
        return {};
    }
    append_field(out, "Content-Type", asset.content_type);
    if (!coding.empty()) {
        append_field(out, "Content-Encoding", coding);
    }
    out.append("Content-Length: ");
    append_decimal(out, body.size());
    out.append("\r\n\r\n");
    return context.body == BodyOmission::Send ? body : std::string_view{};
}

} // namespace keystead::http
