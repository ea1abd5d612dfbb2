// http/conversation.cpp
//
// The part of Conversation that goes from state to state: what comes in, what waits, what is sent.
#include "http/conversation.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace keystead::http {
namespace {

constexpr std::size_t kInputBytesMin = 4096;
constexpr std::size_t kOutputBatchBytes =
    64 * 1024; // answers to pipelined requests are gathered up to this
constexpr std::chrono::seconds kRateGrace{5};
constexpr std::size_t kReceiveBytesPerSecondMin = 256;
constexpr std::size_t kSendBytesPerSecondMin = 1024;
// What the kernel took at once of a large answer counts for the rate, for minutes: who takes
// nothing more is cut before.
constexpr std::chrono::seconds kSendStallMax{30};
constexpr std::chrono::seconds kLingerTime{2};

bool below_rate(std::chrono::steady_clock::duration elapsed, std::size_t bytes,
                std::size_t per_second_min)
{
    const auto counted =
        std::chrono::duration_cast<std::chrono::seconds>(elapsed - kRateGrace).count();
    return counted > 0 && bytes < static_cast<std::size_t>(counted) * per_second_min;
}

} // namespace

Conversation::Conversation(LoopState& loop, Surface surface, const IpAddress& peer)
    : loop_(loop), surface_(surface), peer_(peer), input_(kInputBytesMin), phase_since_(loop.now),
      request_since_(loop.now), progress_at_(loop.now)
{
}

void Conversation::enter(Phase phase)
{
    phase_ = phase;
    phase_since_ = loop_.now;
    phase_bytes_ = 0;
    progress_at_ = loop_.now;
}

std::span<char> Conversation::room()
{
    if (input_.room().empty()) {
        const std::size_t head_max = loop_.site.options.settings.head_bytes_max;
        const bool has_gap = input_.view().size() < input_.capacity();
        input_.reshape(
            has_gap ? input_.capacity()
                    : std::min(input_.capacity() * 2, std::max(head_max, kInputBytesMin * 2)));
    }
    return input_.room();
}

void Conversation::received(std::size_t count)
{
    input_.commit(count);
    phase_bytes_ += count;
    if (phase_ == Phase::Idle) {
        enter(Phase::Head);
        request_since_ = loop_.now;
    }
}

Conversation::Next Conversation::advance()
{
    while (true) {
        switch (state_) {
        case State::Head:
            if (output_.size() >= kOutputBatchBytes || !tail_.empty() || output_holds_secret_) {
                return enter(Phase::Writing), Next::Write;
            }
            if (const auto next = read_head()) {
                return *next;
            }
            break;
        case State::Body:
            if (const auto next = read_body()) {
                return *next;
            }
            break;
        case State::Ready:
            if (exchange_->lane() != LaneKind::Inline) {
                enter(output_.empty() ? Phase::Working : Phase::Writing);
                return output_.empty() ? Next::Work : Next::Write;
            }
            worked(exchange_->run());
            break;
        case State::Working: return Next::Work;
        case State::Slot:
            if (std::chrono::steady_clock::now() < wake_at_) {
                return Next::Wait;
            }
            finish_exchange();
            break;
        case State::Streaming:
            if (!output_.empty()) {
                return enter(Phase::Writing), Next::Write;
            }
            return std::chrono::steady_clock::now() < wake_at_ ? Next::Wait : Next::Work;
        case State::Closing:
            if (!output_.empty() || !tail_.empty()) {
                return enter(Phase::Writing), Next::Write;
            }
            return Next::Close;
        }
    }
}

void Conversation::wipe_output()
{
    if (output_holds_secret_) {
        explicit_bzero(output_.data(), output_.size());
        output_holds_secret_ = false;
    }
}

void Conversation::sent()
{
    wipe_output();
    output_.clear();
    tail_ = {};
    if (output_.capacity() > 2 * kOutputBatchBytes) {
        output_.shrink_to_fit();
    }
    if (state_ == State::Streaming) {
        return enter(Phase::Working);
    }
    enter(input_.view().empty() && state_ == State::Head ? Phase::Idle : Phase::Head);
    request_since_ = loop_.now;
}

std::optional<Conversation::Next> Conversation::read_head()
{
    const auto& settings = loop_.site.options.settings;
    const GateVerdict verdict = check_head(input_.view(), scanned_, settings.head_bytes_max);
    switch (verdict.kind) {
    case GateVerdict::Kind::Incomplete:
        if (!output_.empty()) {
            return enter(Phase::Writing), Next::Write;
        }
        if (input_.view().empty()) {
            if (loop_.site.draining.load(std::memory_order_relaxed)) {
                return Next::Close;
            }
            enter(Phase::Idle);
            if (input_.capacity() > kInputBytesMin) {
                input_.reshape(kInputBytesMin);
            }
        } else if (phase_ != Phase::Head) {
            enter(Phase::Head);
        }
        return Next::Read;
    case GateVerdict::Kind::Malformed:
    case GateVerdict::Kind::TooLarge: refuse_head(verdict); return std::nullopt;
    case GateVerdict::Kind::Accepted: break;
    }
    scanned_ = 0;
    if (!parser_.parse_head(input_.view().substr(0, verdict.head_bytes), verdict, head_)) {
        refuse_head({.reason = "two parsers read the head differently"});
        return std::nullopt;
    }
    start_request(verdict.head_bytes);
    return std::nullopt;
}

void Conversation::begin_work()
{
    state_ = State::Working;
    enter(Phase::Working);
}

void Conversation::worked(bool has_answer)
{
    if (!has_answer) {
        state_ = State::Ready;
        return;
    }
    if (exchange_->is_streaming()) {
        return append_piece();
    }
    wake_at_ = exchange_->leaves_at(std::chrono::steady_clock::now());
    state_ = State::Slot;
}

void Conversation::refused_by_lane()
{
    if (exchange_->is_streaming()) {
        // The answer has begun: the next piece waits for a place.
        constexpr std::chrono::milliseconds kPlaceWait{100};
        wake_at_ = std::chrono::steady_clock::now() + kPlaceWait;
        state_ = State::Streaming;
        return;
    }
    constexpr std::chrono::seconds kRetryAfter{2};
    exchange_->refuse(
        Error{.kind = ErrorKind::Unavailable, .code = "server/busy", .retry_after = kRetryAfter});
    finish_exchange();
}

void Conversation::finish_exchange()
{
    const auto exchange = std::move(exchange_);
    exchange_.reset();
    if (!exchange->response().source) {
        return answer(exchange->response(), exchange->limit());
    }
    streamed_bytes_ = 0;
    chunked_ = head_.version_minor > 0;
    closes_ = closes_ || !chunked_;
    AnswerContext context = answer_context();
    context.limit = exchange->limit();
    append_stream_head(output_, exchange->response(), context,
                       chunked_ ? StreamFraming::Chunks : StreamFraming::UntilClose);
    if (context.body == BodyOmission::HeadOnly) {
        return finish_request(exchange->response().status, 0);
    }
    exchange_ = exchange;
    exchange_->begin_streaming();
    append_piece();
}

/// Puts the piece that run() made into the output, framed as RFC 9112 §7.1 has it.
void Conversation::append_piece()
{
    state_ = State::Streaming;
    const auto kind = exchange_->piece_kind();
    if (kind == Exchange::Piece::Failed) {
        closes_ = true; // Without the last chunk: the body is not whole, and must not look so.
        chunked_ = false;
    } else if (const std::string& piece = exchange_->piece(); !piece.empty()) {
        streamed_bytes_ += piece.size();
        chunked_ ? append_chunk(output_, piece) : void(output_.append(piece));
    }
    if (kind == Exchange::Piece::MoreFollow) {
        return;
    }
    if (chunked_) {
        append_last_chunk(output_);
    }
    const int status = exchange_->response().status;
    exchange_.reset();
    finish_request(status, streamed_bytes_);
}

bool Conversation::is_overdue() const
{
    const auto& settings = loop_.site.options.settings;
    const auto elapsed = loop_.now - phase_since_;
    const bool over_total = loop_.now - request_since_ > settings.request_timeout;
    switch (phase_) {
    case Phase::Idle:
        return elapsed > (requests_ == 0 ? settings.head_timeout : settings.idle_timeout);
    case Phase::Head: return elapsed > settings.head_timeout;
    case Phase::Body:
        return elapsed > settings.body_timeout || over_total ||
               below_rate(elapsed, phase_bytes_, kReceiveBytesPerSecondMin);
    case Phase::Working: return elapsed > settings.request_timeout;
    case Phase::Writing:
        return loop_.now - progress_at_ > kSendStallMax ||
               below_rate(elapsed, phase_bytes_, kSendBytesPerSecondMin);
    case Phase::Lingering: return elapsed > kLingerTime;
    }
    std::abort();
}

} // namespace keystead::http
