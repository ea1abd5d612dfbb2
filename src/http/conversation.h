// http/conversation.h
//
// One connection's requests and answers without its socket: bytes are put in, and advance() says
// what to do next. Runs on its event loop's thread alone; only the Exchange leaves it, for a lane.
//
//            ┌────────────────────────── next request ───────────────────────────┐
//            v                                                                    │
//   Head ──────────> (inline answer) ──────────────────────────────────────────> Head
//     │ body or handler                                                           ^
//     v                                                                           │
//   Body ──────> Ready ──Work──> Working ──done──> Slot (waits for its time) ──> answered
//     │            │                                │ BodySource                  │
//     │            │             Working ──piece──> Streaming (sent, next piece) ─┤
//     └──refused───┴──────────────> Closing <──────── Connection: close ──────────┘
#pragma once

#include "http/exchange.h"
#include "http/message_parser.h"
#include "http/site.h"
#include "http/wiped_buffer.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace keystead::http {

enum class Surface : std::uint8_t { Main, Metrics };

class Conversation {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    enum class Next : std::uint8_t {
        Read,  // more bytes are needed
        Write, // output() and tail() are to be sent, then sent()
        Work,  // exchange()->run() on exchange()->lane(), then worked() or refused_by_lane()
        Wait,  // until wake_at(), then advance() again
        Close, // nothing more comes
    };

    Conversation(LoopState& loop, Surface surface, const IpAddress& peer);
    ~Conversation() { wipe_output(); }
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;

    std::span<char> room();
    void received(std::size_t count);
    Next advance();

    std::string_view output() const { return output_; }
    /// Follows output(); static storage.
    std::string_view tail() const { return tail_; }
    /// `count` more bytes are out; for the minimum rate.
    void note_progress(std::size_t count)
    {
        phase_bytes_ += count;
        if (count > 0) {
            progress_at_ = loop_.now;
        }
    }
    void sent();

    const std::shared_ptr<Exchange>& exchange() const { return exchange_; }
    void begin_work();
    /// After run(): `has_answer` is what it returned.
    void worked(bool has_answer);
    void refused_by_lane();
    TimePoint wake_at() const { return wake_at_; }

    /// Whether the client has been slower than the limits allow, as of the loop's coarse time.
    bool is_overdue() const;
    /// Nothing has been received of a next request, and nothing is under way.
    bool is_idle() const { return phase_ == Phase::Idle; }
    void begin_lingering() { enter(Phase::Lingering); }

private:
    enum class State : std::uint8_t { Head, Body, Ready, Working, Slot, Streaming, Closing };
    enum class Phase : std::uint8_t { Idle, Head, Body, Working, Writing, Lingering };

    void enter(Phase phase);
    void wipe_output();
    std::optional<Next> read_head();
    std::optional<Next> read_body();
    void start_request(std::size_t head_bytes);
    void set_client(const IpAddress& client);
    void route_request(std::string_view path, std::size_t head_bytes);
    bool answer_inline(const Route& route, const Credentials& credentials,
                       const Principal& principal);
    bool answer_beside_routes(std::string_view path);
    void answer_metrics();
    void answer_options(std::uint8_t allowed_methods);
    void start_exchange(const RouteTable::Match& match, std::string_view path,
                        std::size_t head_bytes);
    void begin_body(std::size_t head_bytes);
    void refuse(const Error& error);
    void refuse_head(const GateVerdict& verdict);
    void answer(const Response& response, const LimitVerdict& limit,
                std::string_view page_nonce = {});
    void finish_exchange();
    void append_piece();
    void finish_request(int status, std::size_t body_bytes);
    void append_log_line(int status, std::size_t body_bytes, std::chrono::microseconds duration);
    AnswerContext answer_context();
    std::string make_nonce();

    LoopState& loop_;
    const Surface surface_;
    const IpAddress peer_;
    WipedBuffer input_;
    std::string output_;
    bool output_holds_secret_ = false;
    std::string_view tail_;
    std::string inline_fields_;
    MessageParser parser_;
    Head head_;
    std::size_t scanned_ = 0;
    std::shared_ptr<Exchange> exchange_;

    State state_ = State::Head;
    Phase phase_ = Phase::Idle;
    TimePoint phase_since_;
    TimePoint request_since_;
    std::size_t phase_bytes_ = 0;
    TimePoint progress_at_; // when the client last took some of an answer
    TimePoint wake_at_{};
    bool chunked_ = false;           // of a body that is streamed; HTTP/1.0 knows no chunks
    std::size_t streamed_bytes_ = 0; // of the same
    std::uint64_t requests_ = 0;

    // Of the request in hand.
    Instant received_at_{};
    RequestId id_{};
    std::string id_text_;
    IpAddress client_{};
    std::string client_text_;     // of client_, which seldom changes
    std::string_view route_text_; // the template, or what stands for it in the log
    bool closes_ = false;
    bool body_unread_ = false; // the client may still be sending it
};

} // namespace keystead::http
