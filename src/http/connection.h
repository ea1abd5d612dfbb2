// http/connection.h
//
// A Conversation on a socket, in clear text or TLS: the coroutine that moves bytes. Included by
// event_loop.cpp alone.
#pragma once

#include "http/conversation.h"
#include "http/event_loop.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/wait_traits.hpp>

#include <array>
#include <list>
#include <memory>
#include <type_traits>

namespace keystead::http {

namespace asio = boost::asio;
using boost::system::error_code;

// The executor's own type and not any_io_executor: no indirection per operation.
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using TlsStream = asio::ssl::stream<Socket>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;
template <class T> using Awaitable = asio::awaitable<T, Executor>;
inline constexpr asio::use_awaitable_t<Executor> kAwait;

/// What the loop's sweep sees of a connection.
class ConnectionBase {
public:
    virtual ~ConnectionBase() = default;
    virtual bool is_overdue() const = 0;
    virtual bool is_idle() const = 0;
    /// Pending operations fail, and the coroutine ends.
    virtual void cut() = 0;
};
using ConnectionList = std::list<ConnectionBase*>;

template <class Stream> class Connection final : public ConnectionBase {
public:
    static constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;

    template <class... StreamArguments>
    Connection(LoopState& loop, const LoopParts& parts, Surface surface, const IpAddress& peer,
               ConnectionList& all, StreamArguments&&... stream)
        : talk_(loop, surface, peer), stream_(std::forward<StreamArguments>(stream)...),
          event_(stream_.get_executor()), parts_(parts), all_(all), peer_(peer),
          place_(all.insert(all.end(), this))
    {
    }
    ~Connection() override
    {
        all_.erase(place_);
        parts_.caps.leave(peer_, counting());
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    bool is_overdue() const override { return talk_.is_overdue(); }
    bool is_idle() const override { return talk_.is_idle(); }
    void cut() override
    {
        error_code ignored;
        socket().close(ignored);
    }

    /// `self` keeps the connection alive for as long as its coroutine runs.
    Awaitable<void> serve(std::shared_ptr<Connection> self)
    {
        error_code ec;
        if constexpr (kIsTls) {
            co_await stream_.async_handshake(asio::ssl::stream_base::server,
                                             asio::redirect_error(kAwait, ec));
        } else {
            stream_.non_blocking(true, ec);
        }
        bool open = true;
        while (!ec && open) {
            switch (talk_.advance()) {
            case Conversation::Next::Read: {
                const auto room = talk_.room();
                const std::size_t count = co_await stream_.async_read_some(
                    asio::buffer(room.data(), room.size()), asio::redirect_error(kAwait, ec));
                if (!ec) {
                    talk_.received(count);
                }
                break;
            }
            case Conversation::Next::Write:
                if (!write_now(ec) && !ec) {
                    co_await write_rest(ec);
                }
                break;
            case Conversation::Next::Work:
                if (submit(self)) {
                    while (!work_done_) { // work_finished() cancels the wait
                        error_code ignored;
                        event_.expires_at(std::chrono::steady_clock::time_point::max());
                        co_await event_.async_wait(asio::redirect_error(kAwait, ignored));
                    }
                }
                break;
            case Conversation::Next::Wait: {
                error_code ignored;
                event_.expires_at(talk_.wake_at());
                co_await event_.async_wait(asio::redirect_error(kAwait, ignored));
                break;
            }
            case Conversation::Next::Close: open = false; break;
            }
        }
        if (!ec) {
            co_await linger();
        }
    }

private:
    ConnectionCaps::Counting counting() const;
    Socket& socket()
    {
        if constexpr (kIsTls) {
            return stream_.next_layer();
        } else {
            return stream_;
        }
    }

    /// One send, which nearly always takes everything. False: the rest has to wait, or `ec` is set.
    bool write_now(error_code& ec)
    {
        if constexpr (!kIsTls) {
            const std::string_view output = talk_.output();
            if (talk_.tail().empty()) {
                written_ = stream_.write_some(asio::buffer(output.data(), output.size()), ec);
                talk_.note_progress(written_);
                if (ec == asio::error::would_block) {
                    ec = {};
                }
                if (!ec && written_ == output.size()) {
                    written_ = 0;
                    talk_.sent();
                    return true;
                }
            }
        }
        return false;
    }

    Awaitable<void> write_rest(error_code& ec)
    {
        const std::size_t size = talk_.output().size() + talk_.tail().size();
        while (!ec && written_ < size) {
            const std::string_view output =
                talk_.output().substr(std::min(written_, talk_.output().size()));
            const std::string_view tail = talk_.tail().substr(
                written_ > talk_.output().size() ? written_ - talk_.output().size() : 0);
            const std::array<asio::const_buffer, 2> buffers{
                asio::buffer(output.data(), output.size()), asio::buffer(tail.data(), tail.size())};
            const std::size_t count =
                co_await stream_.async_write_some(buffers, asio::redirect_error(kAwait, ec));
            written_ += count;
            talk_.note_progress(count);
        }
        written_ = 0;
        if (!ec) {
            talk_.sent();
        }
    }

    /// False: no place was left on the lane, and the request has its answer.
    bool submit(std::shared_ptr<Connection> self)
    {
        talk_.begin_work();
        work_done_ = false;
        auto exchange = talk_.exchange();
        LanePool& lane = parts_.lanes.of(exchange->lane());
        const Place place = exchange->place();
        // What is left of the job when it has run must not be the last owner of the connection,
        // which belongs to the loop's thread: its share goes back with the answer.
        LanePool::Job job = [self = std::move(self), exchange = std::move(exchange)]() mutable {
            const bool has_answer = exchange->run();
            exchange.reset();
            const auto executor = self->event_.get_executor();
            asio::post(executor,
                       [self = std::move(self), has_answer] { self->work_finished(has_answer); });
        };
        if (!lane.try_submit(job, place)) {
            talk_.refused_by_lane();
            return false;
        }
        return true;
    }

    void work_finished(bool has_answer)
    {
        work_done_ = true;
        talk_.worked(has_answer);
        event_.cancel();
    }

    /// Closing while the client still sends would reset the connection, and the answer might be
    /// lost with it (RFC 9112 §9.6): our side closes first, the rest is read and dropped, for a
    /// short while (the sweep cuts it).
    Awaitable<void> linger()
    {
        constexpr std::size_t kDroppedBytesMax = 256 * 1024;
        error_code ec;
        talk_.begin_lingering();
        if constexpr (kIsTls) {
            co_await stream_.async_shutdown(asio::redirect_error(kAwait, ec));
            ec = {};
        }
        Socket& socket = this->socket();
        socket.shutdown(asio::socket_base::shutdown_send, ec);
        std::array<char, 4096> scrap;
        std::size_t dropped = 0;
        while (!ec && dropped < kDroppedBytesMax) {
            dropped += co_await socket.async_read_some(asio::buffer(scrap),
                                                       asio::redirect_error(kAwait, ec));
        }
    }

    Conversation talk_;
    Stream stream_;
    Timer event_; // a slot to wait for, or (expiring never) the end of work on a lane
    const LoopParts& parts_;
    ConnectionList& all_;
    const IpAddress peer_;
    const ConnectionList::iterator place_;
    std::size_t written_ = 0; // of output() and tail()
    bool work_done_ = true;
};

template <class Stream> ConnectionCaps::Counting Connection<Stream>::counting() const
{
    const auto& proxies = parts_.site.options.settings.trusted_proxies;
    return is_trusted_proxy(peer_, proxies) ? ConnectionCaps::Counting::InAllOnly
                                            : ConnectionCaps::Counting::BySource;
}

} // namespace keystead::http
