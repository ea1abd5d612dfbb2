// http/conversation_answers.cpp
//
// The part of Conversation that answers: inline routes, files and pages, metrics, problems, and the
// access log.
#include "http/conversation.h"

#include "core/encoding.h"

#include <array>
#include <charconv>

namespace keystead::http {
namespace {

constexpr std::size_t kLogBatchBytes = 64 * 1024;

void append_number(std::string& out, std::int64_t number)
{
    std::array<char, 20> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    out.append(digits.data(), end);
}

} // namespace

AnswerContext Conversation::answer_context()
{
    // What follows an unread body on the connection is the rest of it, not a request.
    if (body_unread_ || loop_.site.draining.load(std::memory_order_relaxed)) {
        closes_ = true;
    }
    return {.blocks = loop_.site.blocks,
            .date = loop_.times.http_date(received_at_),
            .request_id = id_text_,
            .body = head_.method == Method::Head ? BodyOmission::HeadOnly : BodyOmission::Send,
            .after = closes_ ? After::Close : After::KeepAlive};
}

bool Conversation::answer_inline(const Route& route, const Credentials& credentials,
                                 const Principal& principal)
{
    inline_fields_.clear();
    const InlineRequest request{.principal = principal,
                                .credentials = credentials,
                                .client_address = client_,
                                .received_at = received_at_,
                                .query = head_.query};
    InlineAnswer inline_answer(inline_fields_);
    if (!route.inline_handler(request, inline_answer)) {
        return false;
    }
    append_answer_start(output_, inline_answer.status, answer_context());
    output_.append(loop_.site.blocks.api).append(inline_fields_);
    output_.append(inline_answer.status == 204 ? "\r\n" : "Content-Length: 0\r\n\r\n");
    finish_request(inline_answer.status, 0);
    return true;
}

bool Conversation::answer_beside_routes(std::string_view path)
{
    const Site& site = loop_.site;
    if (*head_.method != Method::Get && *head_.method != Method::Head) {
        return false;
    }
    if (site.parts.assets != nullptr) {
        if (const auto asset = site.parts.assets->find(path)) {
            route_text_ = "(asset)";
            tail_ = append_asset_head(output_, *asset, head_.field("accept-encoding"),
                                      head_.field("if-none-match"), answer_context());
            finish_request(200, tail_.size());
            return true;
        }
    }
    if (site.options.page) {
        const std::string nonce = make_nonce();
        if (auto html = site.options.page(path, nonce)) {
            route_text_ = "(page)";
            answer({.status = 200,
                    .content_type = "text/html; charset=utf-8",
                    .body = std::move(*html)},
                   {}, nonce);
            return true;
        }
    }
    return false;
}

std::string Conversation::make_nonce()
{
    std::array<std::byte, 18> bytes{};
    loop_.random.take(bytes);
    return base64_encode(bytes);
}

void Conversation::answer_metrics()
{
    route_text_ = "(metrics)";
    if (head_.method == Method::Get && head_.path == "/metrics") {
        answer({.status = 200,
                .content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8",
                .body = loop_.site.parts.metrics.text()},
               {});
    } else {
        refuse(Error{ErrorKind::NotFound, "request/not-found"});
    }
}

void Conversation::answer_options(std::uint8_t allowed_methods)
{
    // No CORS field: the API is for our own pages and for programs.
    Response response = Response::no_content();
    response.headers.emplace_back("Allow", RouteTable::allow_text(allowed_methods));
    answer(response, {});
}

void Conversation::refuse_head(const GateVerdict& verdict)
{
    auto& refused = loop_.counters.heads_refused;
    refused.store(refused.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    received_at_ = loop_.site.parts.clock.now();
    id_ = loop_.random.make_request_id(received_at_);
    id_text_ = id_.text();
    set_client(peer_);
    route_text_ = "(refused)";
    closes_ = true;
    head_.method = std::nullopt;
    head_.method_text = {};
    const bool too_large = verdict.kind == GateVerdict::Kind::TooLarge;
    refuse(Error{ErrorKind::InvalidInput,
                 too_large ? "request/head-too-large" : "request/malformed",
                 "Refused: " + std::string(verdict.reason) + "."});
}

void Conversation::refuse(const Error& error)
{
    answer(problem_response(error, {.catalogue = loop_.site.parts.catalogue,
                                    .request_id = id_,
                                    .base_path = loop_.site.options.settings.base_path}),
           {});
}

void Conversation::answer(const Response& response, const LimitVerdict& limit,
                          std::string_view page_nonce)
{
    AnswerContext context = answer_context();
    context.limit = limit;
    context.page_nonce = page_nonce;
    // Room for all of it before a secret is in it: growing would leave a copy behind. A next answer
    // to a pipelined request waits until this one is sent.
    if (response.holds_secret()) {
        constexpr std::size_t kHeadBytes = 8192;
        output_.reserve(output_.size() + response.body.size() + kHeadBytes);
        output_holds_secret_ = true;
    }
    append_response(output_, response, context);
    finish_request(response.status, response.body.size());
}

void Conversation::finish_request(int status, std::size_t body_bytes)
{
    const auto now = loop_.site.parts.clock.now();
    const auto duration =
        std::max(now - received_at_, Instant::duration::zero()); // The clock may be set back.
    loop_.counters.count_request(status, duration);
    if (loop_.site.access_log.is_on()) {
        append_log_line(status, body_bytes, duration);
    }
    state_ = closes_ ? State::Closing : State::Head;
}

void Conversation::append_log_line(int status, std::size_t body_bytes,
                                   std::chrono::microseconds duration)
{
    // Every value is of our own making: no escape is needed, and nothing typed by a client is in
    // it.
    std::string& out = loop_.log_lines;
    out.append("{\"at\":\"");
    loop_.times.append_rfc3339(out, received_at_);
    out.append("\",\"request_id\":\"").append(id_text_);
    out.append("\",\"method\":\"")
        .append(head_.method ? method_name(*head_.method) : std::string_view("-"));
    out.append("\",\"route\":\"").append(route_text_);
    out.append("\",\"status\":");
    append_number(out, status);
    out.append(",\"body_bytes\":");
    append_number(out, static_cast<std::int64_t>(body_bytes));
    out.append(",\"duration_us\":");
    append_number(out, duration.count());
    out.append(",\"client\":\"").append(client_text_).append("\"}\n");
    if (out.size() >= kLogBatchBytes) {
        loop_.site.access_log.hand_over(out);
    }
}

} // namespace keystead::http
