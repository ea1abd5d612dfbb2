// http/event_loop.cpp
#include "http/event_loop.h"

#include "http/client_address.h"
#include "http/connection.h"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ssl/context.hpp>

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include <sys/socket.h>

namespace keystead::http {
namespace {

using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

constexpr std::chrono::milliseconds kSweepInterval{250};
constexpr std::chrono::milliseconds kAcceptPause{100}; // after "too many open files" and the like

IpAddress address_of(const asio::ip::address& address)
{
    return address.is_v4() ? IpAddress::from_v4(address.to_v4().to_bytes())
                           : IpAddress::from_v6(address.to_v6().to_bytes());
}

enum class PortSharing : std::uint8_t { Alone, Shared };

Result<Acceptor> bind_and_listen(asio::io_context& context, const std::string& address,
                                 std::uint16_t port, PortSharing sharing)
{
    error_code ec;
    const auto ip = asio::ip::make_address(address, ec);
    if (ec) {
        return Error{ErrorKind::InvalidInput, "server/bad-address",
                     address + " is not an IP address."};
    }
    const asio::ip::tcp::endpoint endpoint(ip, port);
    Acceptor acceptor(context.get_executor());
    const int on = 1;
    acceptor.open(endpoint.protocol(), ec);
    if (!ec) {
        acceptor.set_option(asio::socket_base::reuse_address(true), ec);
    }
    // Each loop has a listening socket of its own; the kernel spreads connections over them.
    if (!ec && sharing == PortSharing::Shared &&
        ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
        ec = error_code(errno, boost::system::system_category());
    }
    if (!ec) {
        acceptor.bind(endpoint, ec);
    }
    if (!ec) {
        acceptor.listen(asio::socket_base::max_listen_connections, ec);
    }
    if (ec) {
        return Error{ErrorKind::Unavailable, "server/bind",
                     "Cannot listen on " + address + " port " + std::to_string(port) + ": " +
                         ec.message() + "."};
    }
    return acceptor;
}

void add_one(std::atomic<std::uint64_t>& counter)
{
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

} // namespace

LanePool& Lanes::of(LaneKind kind) const
{
    switch (kind) {
    case LaneKind::Inline: // Never submitted; an inline route that has to wait is on the store
                           // lane.
    case LaneKind::Store: return store;
    case LaneKind::Credential: return credential;
    case LaneKind::Slow: return slow;
    }
    std::abort();
}

bool ConnectionCaps::try_enter(const IpAddress& peer, Counting counting)
{
    const std::scoped_lock lock(mutex_);
    if (total_ >= total_max_) {
        return false;
    }
    if (counting == Counting::BySource) {
        auto& count = by_source_[peer.source_prefix()];
        if (count >= source_max_) {
            return false;
        }
        ++count;
    }
    ++total_;
    return true;
}

void ConnectionCaps::leave(const IpAddress& peer, Counting counting)
{
    const std::scoped_lock lock(mutex_);
    if (counting == Counting::BySource) {
        const auto entry = by_source_.find(peer.source_prefix());
        KS_ASSERT(entry != by_source_.end());
        if (--entry->second == 0) {
            by_source_.erase(entry);
        }
    }
    if (--total_ == 0) {
        none_.notify_all();
    }
}

bool ConnectionCaps::wait_until_none(std::chrono::milliseconds timeout)
{
    std::unique_lock lock(mutex_);
    return none_.wait_for(lock, timeout, [this] { return total_ == 0; });
}

struct EventLoop::Impl {
    Impl(const LoopParts& p, LoopCounters& counters)
        : parts(p), state(p.site, counters), sweep_timer(context.get_executor())
    {
    }

    Awaitable<void> accept(std::size_t index);
    void admit(Socket socket, Surface surface, const IpAddress& peer);
    Awaitable<void> sweep();
    void cut_if(bool (ConnectionBase::*is_due)() const);

    struct Listener {
        Acceptor acceptor;
        Surface surface;
    };
    const LoopParts parts;
    LoopState state;
    ConnectionList connections; // outlives the context, whose end destroys the last of them
    asio::io_context context{1};
    Timer sweep_timer;
    std::vector<Listener> listeners;
};

EventLoop::EventLoop(const LoopParts& parts, LoopCounters& counters)
    : impl_(std::make_unique<Impl>(parts, counters))
{
}

EventLoop::~EventLoop() = default;

Result<void> EventLoop::check_port_is_free(const std::string& address, std::uint16_t port)
{
    asio::io_context context;
    KS_TRY(const auto acceptor, bind_and_listen(context, address, port, PortSharing::Alone));
    return {};
}

Result<std::uint16_t> EventLoop::listen(const std::string& address, std::uint16_t port,
                                        Surface surface)
{
    KS_TRY(auto acceptor, bind_and_listen(impl_->context, address, port, PortSharing::Shared));
    error_code ignored;
    const std::uint16_t bound = acceptor.local_endpoint(ignored).port();
    impl_->listeners.push_back({std::move(acceptor), surface});
    return bound;
}

void EventLoop::run()
{
    for (std::size_t index = 0; index < impl_->listeners.size(); ++index) {
        asio::co_spawn(impl_->context.get_executor(), impl_->accept(index), asio::detached);
    }
    asio::co_spawn(impl_->context.get_executor(), impl_->sweep(), asio::detached);
    impl_->context.run();
    impl_->parts.site.access_log.hand_over(impl_->state.log_lines);
}

void EventLoop::stop()
{
    impl_->context.stop();
}

void EventLoop::drain()
{
    asio::post(impl_->context.get_executor(), [impl = impl_.get()] {
        for (auto& listener : impl->listeners) {
            error_code ignored;
            listener.acceptor.close(ignored);
        }
        impl->cut_if(&ConnectionBase::is_idle);
    });
}

Awaitable<void> EventLoop::Impl::accept(std::size_t index)
{
    Listener& listener = listeners[index]; // The vector is complete before the loop runs.
    while (listener.acceptor.is_open()) {
        error_code ec;
        Socket socket(context.get_executor());
        asio::ip::tcp::endpoint peer;
        co_await listener.acceptor.async_accept(socket, peer, asio::redirect_error(kAwait, ec));
        if (ec == asio::error::operation_aborted) {
            break;
        }
        if (ec) {
            Timer pause(context.get_executor(), kAcceptPause);
            error_code ignored;
            co_await pause.async_wait(asio::redirect_error(kAwait, ignored));
            continue;
        }
        admit(std::move(socket), listener.surface, address_of(peer.address()));
    }
}

void EventLoop::Impl::admit(Socket socket, Surface surface, const IpAddress& peer)
{
    const bool by_proxy = is_trusted_proxy(peer, parts.site.options.settings.trusted_proxies);
    const auto counting =
        by_proxy ? ConnectionCaps::Counting::InAllOnly : ConnectionCaps::Counting::BySource;
    if (!parts.caps.try_enter(peer, counting)) {
        add_one(state.counters.connections_refused);
        return; // The socket closes.
    }
    add_one(state.counters.connections_accepted);
    error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    if (parts.tls != nullptr && surface == Surface::Main) {
        const auto tls =
            parts.tls->current(); // OpenSSL's own count keeps it alive as long as the stream.
        const auto connection = std::make_shared<Connection<TlsStream>>(
            state, parts, surface, peer, connections, std::move(socket), *tls);
        asio::co_spawn(context.get_executor(), connection->serve(connection), asio::detached);
    } else {
        const auto connection = std::make_shared<Connection<Socket>>(
            state, parts, surface, peer, connections, std::move(socket));
        asio::co_spawn(context.get_executor(), connection->serve(connection), asio::detached);
    }
}

Awaitable<void> EventLoop::Impl::sweep()
{
    while (true) {
        error_code ignored;
        sweep_timer.expires_after(kSweepInterval);
        co_await sweep_timer.async_wait(asio::redirect_error(kAwait, ignored));
        state.now = std::chrono::steady_clock::now();
        const auto before = connections.size();
        state.counters.connections_open.store(static_cast<std::int64_t>(before),
                                              std::memory_order_relaxed);
        cut_if(&ConnectionBase::is_overdue);
        if (parts.site.draining.load(std::memory_order_relaxed)) {
            cut_if(&ConnectionBase::is_idle);
        }
        if (!state.log_lines.empty()) {
            parts.site.access_log.hand_over(state.log_lines);
        }
    }
}

void EventLoop::Impl::cut_if(bool (ConnectionBase::*is_due)() const)
{
    for (ConnectionBase* connection :
         connections) { // cut() only posts: the list does not change here.
        if ((connection->*is_due)()) {
            if (is_due == &ConnectionBase::is_overdue) {
                add_one(state.counters.connections_cut);
            }
            connection->cut();
        }
    }
}

} // namespace keystead::http
